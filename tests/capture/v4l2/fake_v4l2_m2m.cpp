// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/v4l2/fake_v4l2_m2m.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fanlight {
namespace {

uint32_t rounded_up(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

FakeV4l2M2m::~FakeV4l2M2m() {
  EXPECT_EQ(opened, closed);
  EXPECT_EQ(mapped, 0);
}

int FakeV4l2M2m::open(const std::string& name, V4l2Conversion) noexcept {
  if (name != path) return -ENOENT;
  EXPECT_EQ(fd_, -1) << "already open";
  fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  opened++;
  in_ = {};
  out_ = {};
  return fd_;
}

void FakeV4l2M2m::close(int fd) noexcept {
  EXPECT_EQ(fd, fd_);
  EXPECT_EQ(mapped, 0) << "still mapped";
  ::close(fd);
  fd_ = -1;
  closed++;
}

int FakeV4l2M2m::ioctl(int fd, unsigned long request, void* argument) noexcept {
  EXPECT_EQ(fd, fd_);
  if (errors.contains(request)) return -errors[request];
  switch (request) {
    case VIDIOC_QUERYCAP: {
      auto& capability = *static_cast<v4l2_capability*>(argument);
      std::memcpy(capability.card, "fake-encode_image", 18);
      capability.capabilities = capabilities | V4L2_CAP_DEVICE_CAPS;
      capability.device_caps = capabilities;
      return 0;
    }
    case VIDIOC_QUERYCTRL:
      return 0;
    case VIDIOC_S_CTRL:
      quality = static_cast<v4l2_control*>(argument)->value;
      return 0;
    case VIDIOC_ENUM_FMT:
      return enumerate(*static_cast<v4l2_fmtdesc*>(argument));
    case VIDIOC_ENUM_FRAMESIZES: {
      auto& size = *static_cast<v4l2_frmsizeenum*>(argument);
      size.type = V4L2_FRMSIZE_TYPE_STEPWISE;
      size.stepwise = {32, side_max, 2, 32, side_max, 2};
      return 0;
    }
    case VIDIOC_S_FMT:
      return set_format(*static_cast<v4l2_format*>(argument));
    case VIDIOC_S_SELECTION: {
      const auto& selection = *static_cast<v4l2_selection*>(argument);
      if (ignores_selection) return -ENOTTY;
      EXPECT_EQ(selection.type, uint32_t{V4L2_BUF_TYPE_VIDEO_OUTPUT});
      crop_width_ = selection.r.width;
      crop_height_ = selection.r.height;
      return 0;
    }
    case VIDIOC_REQBUFS: {
      auto& wanted = *static_cast<v4l2_requestbuffers*>(argument);
      Direction& one = direction(wanted.type);
      one.memory.resize(one.format.fmt.pix_mp.plane_fmt[0].sizeimage);
      return 0;
    }
    case VIDIOC_QUERYBUF: {
      auto& buffer = *static_cast<v4l2_buffer*>(argument);
      const auto bytes = static_cast<uint32_t>(direction(buffer.type).memory.size());
      buffer.m.planes[0].length = bytes - std::min(bytes, buffer_length_less);
      buffer.m.planes[0].m.mem_offset = V4L2_TYPE_IS_OUTPUT(buffer.type) ? 0 : 4096;
      return 0;
    }
    case VIDIOC_STREAMON:
      direction(*static_cast<uint32_t*>(argument)).is_streaming = true;
      return 0;
    case VIDIOC_STREAMOFF:
      direction(*static_cast<uint32_t*>(argument)).is_streaming = false;
      return 0;
    case VIDIOC_QBUF:
      return queue(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_DQBUF:
      return dequeue(*static_cast<v4l2_buffer*>(argument));
    default:
      return -ENOTTY;
  }
}

void* FakeV4l2M2m::map(int, size_t length, uint32_t offset) noexcept {
  if (errors.contains(0)) {
    errno = errors[0];
    return nullptr;
  }
  Direction& one = offset == 0 ? in_ : out_;
  EXPECT_LE(length, one.memory.size());
  mapped++;
  return one.memory.data();
}

void FakeV4l2M2m::unmap(void*, size_t) noexcept {
  mapped--;
}

int FakeV4l2M2m::enumerate(v4l2_fmtdesc& format) const {
  const bool is_input = V4L2_TYPE_IS_OUTPUT(format.type);
  if (format.index >= (is_input ? inputs.size() : 1)) return -EINVAL;
  format.pixelformat = is_input ? inputs[format.index] : output;
  return 0;
}

int FakeV4l2M2m::set_format(v4l2_format& format) {
  v4l2_pix_format_mplane& pix = format.fmt.pix_mp;
  v4l2_plane_pix_format& plane = pix.plane_fmt[0];
  pix.num_planes = 1;
  if (V4L2_TYPE_IS_OUTPUT(format.type)) {
    crop_width_ = pix.width;
    crop_height_ = ignores_selection ? rounded_up(pix.height, rows_multiple) : pix.height;
    pix.height = rounded_up(pix.height, rows_multiple);
    const bool is_packed = pix.pixelformat == V4L2_PIX_FMT_YUYV;
    plane.bytesperline = rounded_up(pix.width * (is_packed ? 2 : 1), row_bytes_multiple);
    plane.sizeimage = plane.bytesperline * pix.height * (is_packed ? 2 : 3) / 2;
  } else {
    plane.sizeimage = std::max(plane.sizeimage, 512u << 10);
  }
  direction(format.type).format = format;
  return 0;
}

int FakeV4l2M2m::queue(const v4l2_buffer& buffer) {
  Direction& one = direction(buffer.type);
  EXPECT_FALSE(one.is_queued);
  EXPECT_TRUE(one.is_streaming);
  EXPECT_EQ(buffer.length, 1u);
  one.bytes_used = buffer.m.planes[0].bytesused;
  one.is_queued = true;
  if (in_.is_queued && out_.is_queued && !is_hung) encode();
  if (wakes_for_nothing) signal_ready();
  return 0;
}

void FakeV4l2M2m::encode() {
  EXPECT_EQ(in_.bytes_used, in_.format.fmt.pix_mp.plane_fmt[0].sizeimage);
  const V4l2Layout layout = read_v4l2_layout(in_.format);
  const std::span<const std::byte> memory = in_.memory;
  const auto view = raw_view(layout, {&memory, 1});
  ASSERT_TRUE(layout.ok() && view);
  seen_ = *view;
  encoded++;
  in_.is_done = true;
  out_.is_done = true;
  signal_ready();
  // TurboJPEG cannot encode all these formats; tests check the others through seen().
  RawView raw = *view;
  raw.format = PixelFormat::yuv420;
  if (view->format != raw.format) {
    raw.planes = {view->planes[0], view->planes[0], view->planes[0]};
    raw.strides = {view->strides[0], view->strides[0], view->strides[0]};
  }
  std::vector<std::byte> jpeg(JpegEncoder::worst_case(int(crop_width_), int(crop_height_)));
  const size_t size = encoder_.encode(raw, static_cast<int>(crop_width_),
                                      static_cast<int>(crop_height_), quality, jpeg);
  ASSERT_LE(size, out_.memory.size());
  out_.bytes_used = static_cast<uint32_t>(size - std::min(size, jpeg_bytes_lost));
  std::memcpy(out_.memory.data(), jpeg.data(), out_.bytes_used);
}

void FakeV4l2M2m::signal_ready() {
  const uint64_t one = 1;
  EXPECT_EQ(::write(fd_, &one, sizeof(one)), ssize_t{sizeof(one)});
}

int FakeV4l2M2m::dequeue(v4l2_buffer& buffer) {
  Direction& one = direction(buffer.type);
  if (!one.is_done) return -EAGAIN;
  one.is_queued = false;
  one.is_done = false;
  const bool is_jpeg = !V4L2_TYPE_IS_OUTPUT(buffer.type);
  if (is_jpeg) {
    uint64_t count = 0;
    EXPECT_EQ(::read(fd_, &count, sizeof(count)), ssize_t{sizeof(count)});
  }
  buffer.index = is_jpeg ? buffer_index : 0;
  buffer.flags = is_jpeg ? buffer_flags : 0;
  buffer.m.planes[0].bytesused = one.bytes_used + (is_jpeg ? bytes_used_more : 0);
  buffer.m.planes[0].data_offset = 0;
  return 0;
}

}  // namespace fanlight
