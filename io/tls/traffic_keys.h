// SPDX-License-Identifier: Apache-2.0
// Traffic keys of TLS 1.3: made of the secret of one direction (RFC 8446 section 7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fanlight {

// Of what the server sends, in use from its first record after the handshake. Its destructor wipes
// it.
struct TrafficSecret {
  std::array<unsigned char, 48> bytes{};
  uint8_t size = 0;  // that of the suite's hash; 0: there is none

  TrafficSecret() noexcept = default;
  TrafficSecret(const TrafficSecret&) = delete;
  TrafficSecret& operator=(const TrafficSecret&) = delete;
  ~TrafficSecret() { wipe(); }
  void wipe() noexcept;
};

// The keys of one direction (RFC 8446 section 7.3).
struct TrafficKeys {
  std::array<unsigned char, 32> key{};  // AES-128 uses the first half
  std::array<unsigned char, 12> iv{};

  ~TrafficKeys();  // wipes them
};

// Cipher suites (RFC 8446 appendix B.4).
inline constexpr uint16_t kAes128GcmSha256 = 0x1301;
inline constexpr uint16_t kAes256GcmSha384 = 0x1302;
inline constexpr uint16_t kChaCha20Poly1305Sha256 = 0x1303;

// False for other suites, or when the secret has not the size of the suite's hash.
bool derive_traffic_keys(uint16_t suite, const TrafficSecret& secret, TrafficKeys& keys) noexcept;

// The secret after a KeyUpdate (RFC 8446 section 7.2). False as above.
bool update_secret(uint16_t suite, TrafficSecret& secret) noexcept;

}  // namespace fanlight
