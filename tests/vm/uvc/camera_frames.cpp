// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/uvc/camera_frames.h"

#include <fmt/core.h>
#include <turbojpeg.h>

#include <memory>
#include <string>

#include "core/check.h"

namespace fanlight {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kPhases = 8;  // positions of the bar that moves through the picture
constexpr uint8_t kSoi = 0xd8, kSos = 0xda, kDht = 0xc4, kCom = 0xfe;

// Planes of a gradient with a bright bar, 4:2:2.
struct Planes {
  Bytes y, u, v;
};

Planes draw(int width, int height, size_t phase) {
  Planes planes;
  const int bar = static_cast<int>(phase) * width / static_cast<int>(kPhases);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const bool in_bar = column >= bar && column < bar + width / 16;
      planes.y.push_back(static_cast<uint8_t>(in_bar ? 235 : 16 + column * 200 / width));
      if (column % 2 == 0) {
        planes.u.push_back(128);
        planes.v.push_back(static_cast<uint8_t>(64 + row * 128 / height));
      }
    }
  }
  return planes;
}

Bytes yuyv(const Planes& planes) {
  Bytes bytes;
  for (size_t pair = 0; pair < planes.u.size(); ++pair) {
    for (const uint8_t byte :
         {planes.y[2 * pair], planes.u[pair], planes.y[2 * pair + 1], planes.v[pair]}) {
      bytes.push_back(byte);
    }
  }
  return bytes;
}

Bytes jpeg(const Planes& planes, int width, int height) {
  const std::unique_ptr<void, int (*)(tjhandle)> compressor(tjInitCompress(), tjDestroy);
  CHECK(compressor != nullptr);
  const uint8_t* rows[] = {planes.y.data(), planes.u.data(), planes.v.data()};
  Bytes bytes(tjBufSize(width, height, TJSAMP_422));
  unsigned char* out = bytes.data();
  unsigned long size = bytes.size();
  const int status = tjCompressFromYUVPlanes(compressor.get(), rows, width, nullptr, height,
                                             TJSAMP_422, &out, &size, 80, TJFLAG_NOREALLOC);
  CHECK(status == 0);
  bytes.resize(size);
  return bytes;
}

// Calls visit(marker, offset, length with marker) for each segment before the picture's data.
template <class Visit>
void for_each_segment(const Bytes& bytes, Visit visit) {
  size_t offset = 2;
  while (bytes[offset + 1] != kSos) {
    const size_t length = 2 + bytes[offset + 2] * size_t{256} + bytes[offset + 3];
    visit(bytes[offset + 1], offset, length);
    offset += length;
  }
}

Bytes without_huffman_tables(const Bytes& bytes) {
  Bytes kept(bytes.begin(), bytes.begin() + 2);
  size_t end = 2;
  for_each_segment(bytes, [&](uint8_t marker, size_t offset, size_t length) {
    const auto first = bytes.begin() + static_cast<ptrdiff_t>(offset);
    end = offset + length;
    if (marker != kDht) kept.insert(kept.end(), first, first + static_cast<ptrdiff_t>(length));
  });
  kept.insert(kept.end(), bytes.begin() + static_cast<ptrdiff_t>(end), bytes.end());
  return kept;
}

// Adds a COM segment after the JFIF one, which must be first.
Bytes with_comment(const Bytes& bytes, const std::string& text) {
  CHECK(bytes[1] == kSoi);
  const ptrdiff_t jfif_end = 4 + (bytes[4] << 8 | bytes[5]);
  Bytes commented(bytes.begin(), bytes.begin() + jfif_end);
  const size_t length = 2 + text.size();
  for (const size_t byte : {size_t{0xff}, size_t{kCom}, length >> 8, length & 0xff}) {
    commented.push_back(static_cast<uint8_t>(byte));
  }
  commented.insert(commented.end(), text.begin(), text.end());
  commented.insert(commented.end(), bytes.begin() + jfif_end, bytes.end());
  return commented;
}

}  // namespace

const Bytes& CameraFrames::picture(const CameraMode& mode, size_t phase) {
  Bytes& bytes = pictures_[{mode.width, mode.height, mode.encoding, phase}];
  if (bytes.empty()) {
    const Planes planes = draw(mode.width, mode.height, phase);
    bytes = mode.encoding == CameraEncoding::yuyv ? yuyv(planes)
                                                  : jpeg(planes, mode.width, mode.height);
  }
  return bytes;
}

Bytes CameraFrames::frame(const CameraMode& mode, uint64_t number, FrameFault fault) {
  const Bytes& drawn = picture(mode, number % kPhases);
  const bool is_jpeg = mode.encoding == CameraEncoding::mjpeg;
  Bytes bytes = is_jpeg ? with_comment(drawn, fmt::format("frame {}", number)) : drawn;
  if (fault == FrameFault::corrupt) {
    for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 400; ++i) {
      // Many 0xff: in a JPEG's data few bytes may follow one.
      bytes[i] = random_.chance(0.5) ? 0xff : static_cast<uint8_t>(random_.below(256));
    }
  } else if (fault == FrameFault::truncated) {
    bytes.resize(bytes.size() / 2);
  } else if (fault == FrameFault::no_huffman_tables && is_jpeg) {
    bytes = without_huffman_tables(bytes);
  } else if (fault == FrameFault::padded && is_jpeg) {
    bytes.resize(bytes.size() + 1000);
  }
  return bytes;
}

}  // namespace fanlight
