// SPDX-License-Identifier: Apache-2.0
#include "http/auth/basic_credentials.h"

#include <openssl/evp.h>

#include <algorithm>

#include "core/ascii.h"

namespace fanlight {
namespace {

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Empty if it is malformed; no credentials are. EVP_DecodeBlock() would skip blanks, and counts the
// padding.
std::string_view decode(std::string_view text, std::span<char, kCredentialBytesMax> room) {
  const std::string_view digits = text.substr(0, text.find_last_not_of('=') + 1);
  const size_t padding = text.size() - digits.size();
  if (text.size() % 4 != 0 || padding > 2 || text.size() / 4 * 3 > room.size()) return {};
  if (!std::all_of(digits.begin(), digits.end(), is_base64)) return {};
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(room.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  return {room.data(), static_cast<size_t>(size) - padding};
}

}  // namespace

std::optional<BasicCredentials> parse_basic_credentials(
    std::string_view authorization, std::span<char, kCredentialBytesMax> room) noexcept {
  constexpr std::string_view kScheme = "basic ";
  if (!starts_with_ignoring_case(authorization, kScheme)) return {};
  const std::string_view text = decode(trimmed(authorization.substr(kScheme.size())), room);
  const size_t colon = text.find(':');
  if (colon == 0 || colon == text.npos) return {};
  const BasicCredentials credentials{text.substr(0, colon), text.substr(colon + 1)};
  if (colon > kUserBytesMax || credentials.password.size() > kLoginPasswordBytesMax) return {};
  if (std::any_of(text.begin(), text.end(), is_control)) return {};
  return credentials;
}

}  // namespace fanlight
