// SPDX-License-Identifier: Apache-2.0
// FramePayloads: splits frames into payloads, each with a header that identifies its frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanlight {

// Owns: the frame that is being sent.
// Thread: one.
class FramePayloads {
 public:
  // `is_flagged`: every payload is marked to show that the camera found an error in the frame.
  void begin(std::vector<uint8_t> frame, bool is_flagged);
  void abandon();

  bool is_done() const { return sent_ == frame_.size(); }

  // The next payload, of at most `bytes_max` with its header. Not to be called when done.
  std::vector<uint8_t> next(size_t bytes_max);

 private:
  std::vector<uint8_t> frame_;
  size_t sent_ = 0;
  bool is_flagged_ = false;
  bool frame_id_ = false;  // changes from frame to frame
};

}  // namespace fanlight
