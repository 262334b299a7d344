// SPDX-License-Identifier: Apache-2.0
// First bytes: which protocol a client speaks, by the first bytes that it sends.
#pragma once

#include <cstdint>
#include <string_view>

namespace fanlight {

enum class FirstBytes : uint8_t {
  tls,    // a record with a handshake message (RFC 8446 section 5.1)
  http,   // a method, or the empty line that may precede it (RFC 9112 section 2.2)
  other,  // neither
};

// `bytes`: at least one.
FirstBytes classify_first_bytes(std::string_view bytes) noexcept;

}  // namespace fanlight
