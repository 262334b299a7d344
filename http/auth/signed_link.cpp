// SPDX-License-Identifier: Apache-2.0
#include "http/auth/signed_link.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/check.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

constexpr size_t kMacTextBytes = 43;  // of 32 bytes in base64 without the '=' at its end
constexpr size_t kFpsBytesMax = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_camera_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
  });
}

// The last of the 43 characters stands for 4 bits: its other two must be 0, or the same MAC would
// have several texts.
std::optional<Digest> parse_mac(std::string_view text) {
  if (text.size() != kMacTextBytes) return {};
  std::array<unsigned char, kMacTextBytes + 1> base64;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && !is_digit(c) && c != '-' && c != '_') return {};
    base64[i] = static_cast<unsigned char>(c == '-' ? '+' : c == '_' ? '/' : c);
  }
  base64[kMacTextBytes] = '=';
  std::array<unsigned char, 33> bytes;
  if (EVP_DecodeBlock(bytes.data(), base64.data(), int{base64.size()}) != int{bytes.size()}) {
    return {};
  }
  if (bytes[32] != 0) return {};
  Digest mac;
  std::copy_n(bytes.begin(), mac.size(), mac.begin());
  return mac;
}

std::string mac_text(const Digest& mac) {
  std::array<unsigned char, kMacTextBytes + 2> base64;
  CHECK(EVP_EncodeBlock(base64.data(), mac.data(), static_cast<int>(mac.size())) ==
        int{kMacTextBytes + 1});
  std::string text(base64.begin(), base64.begin() + kMacTextBytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

Digest mac_of(const KeyedDigest& key, std::string_view expires, std::string_view camera,
              std::string_view fps) noexcept {
  const std::array<std::string_view, 7> parts = {
      "fanlight-link-1\nexp=", expires, "\ncam=", camera, "\nfps=", fps, "\n"};
  return key.of(parts);
}

// 0 if it is not one. Digits and a point, so that every number has one text in a few bytes.
double parse_fps(std::string_view text) {
  const bool is_plain = !text.empty() && text.size() <= kFpsBytesMax && is_digit(text.front()) &&
                        text.find_first_not_of("0123456789.") == text.npos;
  const double fps = is_plain ? to_number<double>(text).value_or(0) : 0;
  return fps > 0 && fps <= 1000 ? fps : 0;
}

}  // namespace

std::optional<SignedLink> parse_link(const LinkTexts& texts) noexcept {
  SignedLink link;
  link.expires_text = texts.exp;
  if (texts.exp.empty() || !std::all_of(texts.exp.begin(), texts.exp.end(), is_digit)) return {};
  link.expires = to_number<int64_t>(texts.exp).value_or(0);
  if (link.expires <= 0) return {};
  if (!is_camera_name(texts.cam)) return {};
  link.camera = texts.cam;
  std::string_view mac = texts.sig;
  if (mac.size() > kMacTextBytes) {
    const size_t dash = mac.size() - kMacTextBytes - 1;
    if (mac[dash] != '-') return {};
    link.fps_text = mac.substr(0, dash);
    link.fps_max = parse_fps(link.fps_text);
    if (link.fps_max == 0) return {};
    mac.remove_prefix(dash + 1);
  }
  const std::optional<Digest> digest = parse_mac(mac);
  if (!digest) return {};
  link.mac = *digest;
  return link;
}

std::optional<FileMistake> LinkKeys::parse(std::string_view text) {
  if (text.size() > kFileBytesMax) return FileMistake{1, "the file is larger than 4096 bytes"};
  std::array<std::unique_ptr<KeyedDigest>, kKeysMax> keys;
  size_t count = 0, number = 0;
  while (!text.empty()) {
    ++number;
    const size_t size = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (count == kKeysMax) return FileMistake{number, "there are more than two keys"};
    if (line.size() < kKeyBytesMin || line.size() > kKeyBytesMax) {
      return FileMistake{number,
                         "a key has 32 to 512 characters; openssl rand -base64 32 makes one"};
    }
    keys[count++] = std::make_unique<KeyedDigest>(line);
  }
  if (count == 0) return FileMistake{1, "there is no key; openssl rand -base64 32 makes one"};
  keys_ = std::move(keys);
  return {};
}

bool LinkKeys::have_signed(const SignedLink& link) const noexcept {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) {
    return key != nullptr &&
           is_same(link.mac, mac_of(*key, link.expires_text, link.camera, link.fps_text));
  });
}

std::string LinkKeys::sign(int64_t expires, std::string_view camera, std::string_view fps) const {
  CHECK(keys_.front() != nullptr && expires > 0 && is_camera_name(camera));
  CHECK(fps.empty() || parse_fps(fps) > 0);
  const std::string exp = fmt::format("{}", expires);
  const std::string mac = mac_text(mac_of(*keys_.front(), exp, camera, fps));
  return fmt::format("exp={}&cam={}&sig={}{}{}", exp, camera, fps, fps.empty() ? "" : "-", mac);
}

}  // namespace fanlight
