// SPDX-License-Identifier: Apache-2.0
// FrameJoiner: whole pictures out of what a publisher sends: frames, and updates of the segments
// that have changed, which are joined with them. No pixel is decoded.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "capture/jpeg/jpeg_check.h"
#include "capture/nats/frame_header.h"
#include "core/segments/joined_picture.h"

namespace fanlight {

// Owns: the picture. Thread: one.
// Invariant: a picture is a whole JPEG (check_verbatim_jpeg()): a frame as it was sent, or joined
//   of updates that fit it, whose segments have all blocks. After anything else, updates are out of
//   step until the next whole frame. Who is in step keeps the joined picture when its frame comes
//   whole as well, so that nothing but what was sent as changed changes.
class FrameJoiner {
 public:
  enum class Event : uint8_t {
    picture,
    out_of_step,  // an update of a picture that we do not have: a message was missed, or more
    damaged,      // problem()
  };

  // Replaces the payload of a message by the whole picture of its frame.
  Event take(const FrameHeader& header, std::vector<std::byte>& payload);
  // What follows is of another publisher.
  void restart();

  // The last picture.
  int width() const { return check_.width; }
  int height() const { return check_.height; }
  bool has_updates() const { return has_updates_; }      // one was joined since restart()
  std::string_view problem() const { return problem_; }  // a constant

 private:
  Event take_whole(const FrameHeader& header, std::vector<std::byte>& payload);
  Event take_update(const FrameHeader& header, std::vector<std::byte>& payload);
  void write(std::vector<std::byte>& payload) const;
  Event fail(std::string_view problem);

  JoinedPicture joined_{kNatsFrameBytesMax};
  UpdateMessage message_;
  JpegCheck check_;
  bool has_updates_ = false;
  std::string_view problem_;
};

}  // namespace fanlight
