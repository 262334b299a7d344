// SPDX-License-Identifier: Apache-2.0
// RecordSealer: makes the records of what a TLS 1.3 connection sends (RFC 8446 section 5).
//
// OpenSSL's own records cost two copies of each byte more, and so half as much again as the
// encryption, which is OpenSSL's here too: the plain bytes are read where they are, in the ring of
// frames, and the record is written where it is sent from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "io/tls/traffic_keys.h"

struct evp_cipher_ctx_st;

namespace fanlight {

// ContentType (RFC 8446 section 5.1).
enum class RecordType : unsigned char { alert = 21, handshake = 22, application_data = 23 };

// Owns: the state of the cipher, without the secret of its keys. Thread: its session's.
// Invariant: no number is used twice with the same keys.
class RecordSealer {
 public:
  // A record has so many bytes more than its content: header, type, tag (RFC 8446 section 5.2).
  static constexpr size_t kOverhead = 5 + 1 + 16;
  static constexpr size_t kContentMax = 1 << 14;
  // Of the same keys (RFC 8446 section 5.5: 2^24.5 full-size ones with AES-GCM). A camera's stream
  // reaches that within a day.
  static constexpr uint64_t kRecordsMax = 1 << 24;

  // New keys, whose first record will be the next. False for other suites than those of
  // traffic_keys.h, or when there is no memory; then nothing can be sealed.
  bool begin(uint16_t suite, const TrafficKeys& keys) noexcept;
  bool has_begun() const noexcept { return context_ != nullptr; }
  // How many records there are of these keys.
  uint64_t records() const noexcept { return sequence_; }

  // Writes the record of `content`, of at most kContentMax bytes, to `out`, which has room for
  // kOverhead bytes more. False if OpenSSL has failed.
  bool seal(RecordType type, std::string_view content, char* out) noexcept;

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  std::array<unsigned char, 12> next_nonce() noexcept;

  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
  std::array<unsigned char, 12> iv_{};
  uint64_t sequence_ = 0;
};

}  // namespace fanlight
