// SPDX-License-Identifier: Apache-2.0
// CameraFrames: the pictures of the emulated camera, and the faults they may have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "core/random.h"
#include "tests/vm/uvc/camera_offer.h"

namespace fanlight {

enum class FrameFault : uint8_t {
  none,
  corrupt,            // in the middle, bytes that are invalid in a JPEG
  truncated,          // the first half
  no_huffman_tables,  // as sent by many MJPEG cameras: the tables of ITU-T T.81 annex K are implied
  padded,             // zeros after the end, as from cameras with frames of a fixed size
};

// Owns: the drawn pictures; each is drawn only once, because an emulated processor is slow.
// Thread: one.
class CameraFrames {
 public:
  // The bytes of frame number `number`. Every MJPEG frame has its number in a comment, a COM
  // segment "frame N", so that no two are equal.
  std::vector<uint8_t> frame(const CameraMode& mode, uint64_t number, FrameFault fault);

 private:
  const std::vector<uint8_t>& picture(const CameraMode& mode, size_t phase);

  // By width, height, encoding and phase.
  std::map<std::tuple<int, int, CameraEncoding, size_t>, std::vector<uint8_t>> pictures_;
  Random random_{1};
};

}  // namespace fanlight
