// SPDX-License-Identifier: Apache-2.0
// CameraFrames: the pictures of the emulated camera, and what may be wrong with them.
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
  corrupt,            // in the middle, bytes that are not a JPEG's
  truncated,          // the first half
  no_huffman_tables,  // as many MJPEG cameras: the tables of ITU-T T.81 annex K are understood
  padded,             // zeros after the end, as from cameras with frames of a fixed size
};

// Owns: the drawn pictures; one is drawn once, for an emulated processor is slow.
// Thread: one.
class CameraFrames {
 public:
  // The bytes of frame number `number`. Every MJPEG frame says its number in a comment, so that no
  // two are equal: "frame N" in a COM segment.
  std::vector<uint8_t> frame(const CameraMode& mode, uint64_t number, FrameFault fault);

 private:
  const std::vector<uint8_t>& picture(const CameraMode& mode, size_t phase);

  // By width, height, encoding and phase.
  std::map<std::tuple<int, int, CameraEncoding, size_t>, std::vector<uint8_t>> pictures_;
  Random random_{1};
};

}  // namespace fanlight
