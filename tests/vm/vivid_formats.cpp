// SPDX-License-Identifier: Apache-2.0
// Every raw format that both a driver and we support, from the driver to the pixels of the JPEG:
// the bars of vivid's test picture must have their colours. Needs vivid, so it runs in a virtual
// machine.
#include <gtest/gtest.h>
#include <linux/videodev2.h>
#include <turbojpeg.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "capture/camera/picture_writer.h"
#include "capture/jpeg/turbojpeg_handle.h"
#include "capture/source/camera_clock.h"
#include "capture/v4l2/v4l2_format.h"
#include "capture/v4l2/v4l2_identity.h"
#include "capture/v4l2/v4l2_io.h"
#include "capture/v4l2/v4l2_source.h"
#include "capture/v4l2/v4l2_timings.h"

namespace fanlight {
namespace {

constexpr int kWidth = 320, kHeight = 180;
constexpr int kFormatsLeast = 12;  // of each device: fewer would mean that nothing was tested

struct Colour {
  int red, green, blue;
};

// White to black at three quarters of full brightness, from left to right.
constexpr std::array<Colour, 8> kBars = {{{191, 191, 191},
                                          {191, 191, 0},
                                          {0, 191, 191},
                                          {0, 191, 0},
                                          {191, 0, 191},
                                          {191, 0, 0},
                                          {0, 0, 191},
                                          {0, 0, 0}}};
// Two roundings, the JPEG's own loss, and the emulation of a camera's colour space.
constexpr int kTolerance = 16;

// The kernel's devices, reduced to one format.
class OneFormatIo final : public V4l2Io {
 public:
  explicit OneFormatIo(uint32_t fourcc) : fourcc_(fourcc) {}

  int open(const std::string& path, V4l2Conversion conversion) noexcept override {
    return system_.open(path, conversion);
  }
  void close(int fd) noexcept override { system_.close(fd); }
  int ioctl(int fd, unsigned long request, void* argument) noexcept override {
    if (request != VIDIOC_ENUM_FMT) return system_.ioctl(fd, request, argument);
    auto& format = *static_cast<v4l2_fmtdesc*>(argument);
    if (format.index > 0) return -EINVAL;
    for (v4l2_fmtdesc tried = format;; ++tried.index) {
      const int status = system_.ioctl(fd, request, &tried);
      if (status != 0) return status;
      if (tried.pixelformat != fourcc_) continue;
      format = tried;
      format.index = 0;
      return 0;
    }
  }
  void* map(int fd, size_t length, uint32_t offset) noexcept override {
    return system_.map(fd, length, offset);
  }
  void unmap(void* address, size_t length) noexcept override { system_.unmap(address, length); }

 private:
  V4l2Io& system_ = system_v4l2_io();
  uint32_t fourcc_;
};

// Formats of the device in our table, if it is one of vivid's cameras; else none.
std::vector<const V4l2PixelFormat*> formats_of(const std::string& node) {
  V4l2Io& io = system_v4l2_io();
  std::vector<const V4l2PixelFormat*> found;
  const int fd = io.open(node, V4l2Conversion::off);
  v4l2_capability capability{};
  if (fd < 0 || io.ioctl(fd, VIDIOC_QUERYCAP, &capability) != 0) return found;
  const std::string driver(reinterpret_cast<const char*>(capability.driver));
  const bool is_multiplanar = (capability.device_caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0;
  const bool captures = is_multiplanar || (capability.device_caps & V4L2_CAP_VIDEO_CAPTURE) != 0;
  if (driver == "vivid" && captures && !has_dv_timings(io, fd)) {
    v4l2_fmtdesc format{};
    format.type = is_multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    for (; io.ioctl(fd, VIDIOC_ENUM_FMT, &format) == 0; ++format.index) {
      const V4l2PixelFormat* known = find_v4l2_format(format.pixelformat);
      if (known != nullptr) found.push_back(known);
    }
  }
  io.close(fd);
  return found;
}

std::vector<uint8_t> decode(std::span<const std::byte> jpeg) {
  const tjhandle decompressor = tjInitDecompress();
  std::vector<uint8_t> pixels(size_t{3} * kWidth * kHeight);
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  EXPECT_EQ(tjDecompress2(decompressor, data, jpeg.size(), pixels.data(), kWidth, 0, kHeight,
                          TJPF_RGB, TJFLAG_STOPONWARNING),
            0)
      << tjGetErrorStr2(decompressor);
  tjDestroy(decompressor);
  return pixels;
}

// The middle of each bar, below the text that vivid writes over the upper part.
std::vector<Colour> bars_of(const std::vector<uint8_t>& pixels) {
  std::vector<Colour> bars;
  for (size_t bar = 0; bar < kBars.size(); ++bar) {
    const size_t x = (2 * bar + 1) * kWidth / (2 * kBars.size()), y = kHeight - 20;
    const uint8_t* pixel = &pixels[3 * (y * kWidth + x)];
    bars.push_back({pixel[0], pixel[1], pixel[2]});
  }
  return bars;
}

void expect_bars(const std::vector<Colour>& bars) {
  for (size_t bar = 0; bar < kBars.size(); ++bar) {
    EXPECT_NEAR(bars[bar].red, kBars[bar].red, kTolerance) << "red value of bar " << bar;
    EXPECT_NEAR(bars[bar].green, kBars[bar].green, kTolerance) << "green value of bar " << bar;
    EXPECT_NEAR(bars[bar].blue, kBars[bar].blue, kTolerance) << "blue value of bar " << bar;
  }
}

// The brightness of each colour in grey depends on the standard, but none may be brighter than the
// one before.
void expect_grey_bars(const std::vector<Colour>& bars) {
  for (size_t bar = 0; bar < bars.size(); ++bar) {
    EXPECT_EQ(bars[bar].red, bars[bar].green) << "bar " << bar;
    EXPECT_EQ(bars[bar].green, bars[bar].blue) << "bar " << bar;
    EXPECT_LE(bars[bar].green, bars[bar > 0 ? bar - 1 : 0].green) << "bar " << bar;
  }
  EXPECT_GT(bars.front().green, 160);
  EXPECT_LT(bars.back().green, kTolerance);
}

void expect_colours(const std::string& node, const V4l2PixelFormat& format) {
  OneFormatIo io(format.fourcc);
  SystemCameraClock clock;
  SourceOptions options;
  options.width = kWidth;
  options.height = kHeight;
  V4l2Source source(node, options, clock, io);
  const auto picture = source.next(clock.now() + 20s);
  ASSERT_TRUE(picture) << "no picture";
  ASSERT_EQ(picture->width, kWidth);
  ASSERT_EQ(picture->height, kHeight);
  PictureWriter writer({"vivid", 95, {}});
  std::vector<std::byte> place(size_t{8} * kWidth * kHeight + 65536);
  const WrittenJpeg written = writer.write(*picture, place);
  ASSERT_GT(written.size, 0u) << written.problem;
  const auto bars = bars_of(decode(std::span(place).first(written.size)));
  format.coding == V4l2Coding::grey ? expect_grey_bars(bars) : expect_bars(bars);
}

TEST(Vivid, EveryRawFormatHasItsColours) {
  int devices = 0;
  for (const std::string& node : video_nodes()) {
    const auto formats = formats_of(node);
    if (formats.empty()) continue;
    ++devices;
    EXPECT_GE(static_cast<int>(formats.size()), kFormatsLeast) << node;
    for (const V4l2PixelFormat* format : formats) {
      SCOPED_TRACE(node + " " + fourcc_text(format->fourcc));
      expect_colours(node, *format);
    }
  }
  EXPECT_EQ(devices, 2) << "including one multi-planar device";
}

}  // namespace
}  // namespace fanlight
