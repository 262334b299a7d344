// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/web_socket_key.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <algorithm>
#include <span>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr size_t kKeyBytes = 16;
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

constexpr size_t base64_size(size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

template <size_t kBytes>
std::array<char, base64_size(kBytes)> base64(const std::array<unsigned char, kBytes>& bytes) {
  std::array<unsigned char, base64_size(kBytes) + 1> encoded;  // terminated with a zero
  CHECK(EVP_EncodeBlock(encoded.data(), bytes.data(), int{kBytes}) == base64_size(kBytes));
  std::array<char, base64_size(kBytes)> text;
  std::copy_n(encoded.begin(), text.size(), text.begin());
  return text;
}

}  // namespace

std::string make_web_socket_key() {
  std::array<unsigned char, kKeyBytes> bytes;
  CHECK(::getrandom(bytes.data(), bytes.size(), 0) == ssize_t{bytes.size()});
  const auto text = base64(bytes);
  return {text.begin(), text.end()};
}

bool is_web_socket_key(std::string_view key) noexcept {
  const auto is_base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return key.size() == base64_size(kKeyBytes) && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, is_base64);
}

std::array<char, 28> web_socket_accept(std::string_view key) noexcept {
  CHECK(is_web_socket_key(key));
  std::array<unsigned char, base64_size(kKeyBytes) + kGuid.size()> text;
  std::copy(kGuid.begin(), kGuid.end(), std::copy(key.begin(), key.end(), text.begin()));
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(text.data(), text.size(), digest.data());
  return base64(digest);
}

}  // namespace fanlight
