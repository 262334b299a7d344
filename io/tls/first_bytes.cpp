// SPDX-License-Identifier: Apache-2.0
#include "io/tls/first_bytes.h"

#include "core/check.h"

namespace fanlight {

FirstBytes classify_first_bytes(std::string_view bytes) noexcept {
  constexpr char kHandshake = 22;    // ContentType
  constexpr char kMajorVersion = 3;  // of SSL 3.0 and all TLS versions
  CHECK(!bytes.empty());
  const char first = bytes.front();
  if (first == kHandshake) {
    return bytes.size() < 2 || bytes[1] == kMajorVersion ? FirstBytes::tls : FirstBytes::other;
  }
  const bool is_letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  return is_letter || first == '\r' || first == '\n' ? FirstBytes::http : FirstBytes::other;
}

}  // namespace fanlight
