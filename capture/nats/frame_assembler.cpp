// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/frame_assembler.h"

#include <algorithm>
#include <utility>

namespace fanlight {

FrameAssembler::Event FrameAssembler::take_part(const FrameHeader& header,
                                                std::span<const std::byte> payload) {
  if (header.part == 1) {
    bytes_.clear();
    number_ = header.number;
    parts_ = 0;
  } else if (header.number != number_ || header.part != parts_ + 1) {
    number_ = 0;
    return Event::partial;
  }
  const size_t left = header.size - std::min(bytes_.size(), header.size);
  if (payload.size() > left) return fail("more bytes than X-Size");
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  ++parts_;
  if (header.part < header.parts) return Event::none;
  if (bytes_.size() != header.size) return fail("fewer bytes than X-Size");
  number_ = 0;
  return Event::frame;
}

void FrameAssembler::take(std::vector<std::byte>& bytes) {
  std::swap(bytes, bytes_);
  bytes_.clear();
}

FrameAssembler::Event FrameAssembler::fail(std::string_view problem) {
  number_ = 0;
  problem_ = problem;
  return Event::damaged;
}

}  // namespace fanlight
