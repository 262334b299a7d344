// SPDX-License-Identifier: Apache-2.0
// AccessRecord: what the access log will say about a request, kept until its answer has ended.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/time.h"
#include "http/protocol/piece.h"
#include "http/protocol/request.h"
#include "io/peer_address.h"

namespace fanlight {

// Owns: copies of the client's texts, the beginnings of long ones.
// Thread: its connection's shard.
class AccessRecord {
 public:
  // `sent_before`: bytes that the connection had sent when the request was complete.
  AccessRecord(const Request& request, const PeerAddress& client, Instant now, WallTime time,
               uint64_t sent_before) noexcept;

  // Takes the status from the head of an answer; only the first one counts.
  void note_answer(const Piece& piece) noexcept;

  // One line of JSON, without its end. `room` holds AccessLog::kLineBytesMax bytes.
  std::string_view write(Instant now, uint64_t sent, std::span<char> room) const noexcept;

 private:
  template <size_t kSize>
  struct Text {
    explicit Text(std::string_view text) : size(text.copy(bytes.data(), kSize)) {}
    std::string_view view() const { return {bytes.data(), size}; }
    std::array<char, kSize> bytes;
    size_t size;
  };

  static constexpr size_t kTargetBytesMax = 512;

  const Instant began_;
  const WallTime time_;
  const uint64_t sent_before_;
  const PeerAddress client_;
  int status_ = 0;  // 0: not answered
  const Text<16> method_;
  const Text<kTargetBytesMax> target_;  // without the signature of a link
  const Text<256> user_agent_;
};

}  // namespace fanlight
