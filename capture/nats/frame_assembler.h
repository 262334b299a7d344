// SPDX-License-Identifier: Apache-2.0
// FrameAssembler: frames out of their parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/nats/frame_header.h"

namespace fanlight {

// Owns: the frame that is being received, whose memory grows as its parts arrive.
// Thread: one.
// Invariant: a frame's parts arrive in their order, as NATS delivers what one publisher sends; of
//   one that is interrupted, all are forgotten.
class FrameAssembler {
 public:
  enum class Event : uint8_t {
    none,     // the frame has parts that are still to come
    frame,    // it is whole: take() it
    damaged,  // its parts contradict each other: problem()
    partial,  // what came before this part was missed
  };

  Event take_part(const FrameHeader& header, std::span<const std::byte> payload);

  // Swaps the whole frame with `bytes`, whose memory is reused.
  void take(std::vector<std::byte>& bytes);
  std::string_view problem() const { return problem_; }  // a constant

 private:
  Event fail(std::string_view problem);

  std::vector<std::byte> bytes_;
  uint64_t number_ = 0;  // of the frame that is being received; 0: none
  uint64_t parts_ = 0;   // of those, received
  std::string_view problem_;
};

}  // namespace fanlight
