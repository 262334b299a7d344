// SPDX-License-Identifier: Apache-2.0
// CameraOffer: the capabilities that the emulated camera advertises.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fanlight {

enum class CameraEncoding : uint8_t { mjpeg, yuyv };

struct CameraMode {
  CameraEncoding encoding = CameraEncoding::mjpeg;
  int width = 0;  // pixels
  int height = 0;

  // Bytes of its largest frame.
  size_t bytes_max() const { return size_t{2} * static_cast<size_t>(width * height); }
  bool operator==(const CameraMode&) const = default;
};

// Invariant: modes of one encoding are adjacent, MJPEG's first: the host requests a mode by its
// position.
struct CameraOffer {
  std::string product = "Emulated Camera";
  std::string serial = "E0001";
  std::vector<CameraMode> modes = {{CameraEncoding::mjpeg, 640, 480},
                                   {CameraEncoding::mjpeg, 1280, 720},
                                   {CameraEncoding::yuyv, 640, 480},
                                   {CameraEncoding::yuyv, 320, 240}};

  // Its modes of one encoding, in order.
  std::vector<CameraMode> modes_of(CameraEncoding encoding) const {
    std::vector<CameraMode> found;
    for (const CameraMode& mode : modes) {
      if (mode.encoding == encoding) found.push_back(mode);
    }
    return found;
  }

  // Its encodings, in order; format number n, from 1, is the nth.
  std::vector<CameraEncoding> encodings() const {
    std::vector<CameraEncoding> found;
    for (const CameraEncoding encoding : {CameraEncoding::mjpeg, CameraEncoding::yuyv}) {
      if (!modes_of(encoding).empty()) found.push_back(encoding);
    }
    return found;
  }
};

// Time between frames in 100 ns, for every mode: 30, 15 and 10 frames per second.
constexpr std::array<uint32_t, 3> kFrameIntervals = {333333, 666666, 1000000};
// One transfer carries a payload of at most this many bytes, including its header.
constexpr size_t kPayloadBytesMax = 16384;
constexpr uint8_t kStreamEndpoint = 0x81;  // bulk, towards the host

}  // namespace fanlight
