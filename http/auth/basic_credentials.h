// SPDX-License-Identifier: Apache-2.0
// Basic credentials: a user's name and password, as a browser sends them (RFC 7617).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace fanlight {

// As much as libcrypt takes of a password is 511 bytes.
inline constexpr size_t kUserBytesMax = 128;
inline constexpr size_t kLoginPasswordBytesMax = 256;
// What both take in base64, decoded, with the colon between them; a multiple of 3.
inline constexpr size_t kCredentialBytesMax = 387;

struct BasicCredentials {
  std::string_view user;
  std::string_view password;
};

// The value of an Authorization field. The result is in `room`. Nothing if it is of another scheme,
// not base64 with its padding (RFC 4648 section 4), has no colon or no user, has control characters
// (RFC 7617 section 2), or is longer than the limits above.
std::optional<BasicCredentials> parse_basic_credentials(
    std::string_view authorization, std::span<char, kCredentialBytesMax> room) noexcept;

}  // namespace fanlight
