// SPDX-License-Identifier: Apache-2.0
// The part of FakeCamera for formats, sizes and rates.
#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "tests/capture/v4l2/fake_v4l2.h"

namespace fanlight {
namespace {

v4l2_fract interval(uint32_t fps) {
  return {1, fps};
}

v4l2_plane_pix_format plane(uint32_t stride, uint32_t rows) {
  v4l2_plane_pix_format result{};
  result.bytesperline = stride;
  result.sizeimage = stride * rows;
  return result;
}

}  // namespace

std::vector<const FakeFormat*> FakeCamera::listed() const {
  std::vector<const FakeFormat*> result;
  for (const FakeFormat& one : formats) {
    if (!one.is_emulated || conversion_ == V4l2Conversion::on) result.push_back(&one);
  }
  return result;
}

const FakeFormat* FakeCamera::find(uint32_t fourcc) const {
  for (const FakeFormat* one : listed()) {
    if (one->fourcc == fourcc) return one;
  }
  return nullptr;
}

int FakeCamera::enumerate_format(v4l2_fmtdesc& item) const {
  const auto all = listed();
  if (item.index >= all.size()) return -EINVAL;
  item.pixelformat = all[item.index]->fourcc;
  item.flags = all[item.index]->is_emulated ? V4L2_FMT_FLAG_EMULATED : 0;
  item.description[0] = 'F';
  return 0;
}

int FakeCamera::enumerate_size(v4l2_frmsizeenum& item) const {
  const FakeFormat* of = find(item.pixel_format);
  if (of == nullptr) return -EINVAL;
  if (of->size_range) {
    if (item.index > 0) return -EINVAL;
    item.type = V4L2_FRMSIZE_TYPE_STEPWISE;
    item.stepwise = *of->size_range;
    return 0;
  }
  if (item.index >= of->sizes.size()) return -EINVAL;
  item.type = V4L2_FRMSIZE_TYPE_DISCRETE;
  item.discrete = {of->sizes[item.index].width, of->sizes[item.index].height};
  return 0;
}

int FakeCamera::enumerate_interval(v4l2_frmivalenum& item) const {
  const FakeFormat* of = find(item.pixel_format);
  if (of == nullptr) return -EINVAL;
  if (of->interval_range) {
    if (item.index > 0) return -EINVAL;
    item.type = V4L2_FRMIVAL_TYPE_STEPWISE;
    item.stepwise = *of->interval_range;
    return 0;
  }
  for (const FakeSize& size : of->sizes) {
    if (size.width != item.width || size.height != item.height) continue;
    if (item.index >= size.fps.size()) return -EINVAL;
    item.type = V4L2_FRMIVAL_TYPE_DISCRETE;
    item.discrete = interval(size.fps[item.index]);
    return 0;
  }
  return -EINVAL;
}

// The memory layouts of the formats that tests use; all others have four bytes per pixel.
std::vector<v4l2_plane_pix_format> FakeCamera::planes() const {
  // v4l2_pix_format and v4l2_pix_format_mplane begin with the same fields.
  const uint32_t width = format.fmt.pix.width;
  const uint32_t height = format.fmt.pix.height;
  const uint32_t half = height / 2;
  v4l2_plane_pix_format compressed{};
  compressed.sizeimage = jpeg_bytes;
  v4l2_plane_pix_format planar = plane(width, height + half);
  switch (format.fmt.pix.pixelformat) {
    case V4L2_PIX_FMT_MJPEG:
    case V4L2_PIX_FMT_JPEG:
    case V4L2_PIX_FMT_H264:
      return {compressed};
    case V4L2_PIX_FMT_YUV420:
    case V4L2_PIX_FMT_NV12:
      return {planar};
    case V4L2_PIX_FMT_YUV420M:
      return {plane(width, height), plane(width / 2, half), plane(width / 2, half)};
    case V4L2_PIX_FMT_NV12M:
      return {plane(width, height), plane(width, half)};
    case V4L2_PIX_FMT_YUYV:
      return {plane(2 * width, height)};
    case V4L2_PIX_FMT_GREY:
      return {plane(width, height)};
    default:
      return {plane(4 * width, height)};
  }
}

int FakeCamera::set_format(v4l2_format& wanted) {
  if (buffers_ > 0) return -EBUSY;
  const bool is_multi = V4L2_TYPE_IS_MULTIPLANAR(wanted.type);
  format = wanted;
  // v4l2_pix_format and v4l2_pix_format_mplane begin with the same fields.
  uint32_t& fourcc = format.fmt.pix.pixelformat;
  uint32_t& width = format.fmt.pix.width;
  uint32_t& height = format.fmt.pix.height;
  if (formats.empty()) return -EINVAL;
  if (find(fourcc) == nullptr) fourcc = formats.front().fourcc;
  const auto& sizes = find(fourcc)->sizes;
  const auto distance = [&](const FakeSize& size) {
    return std::abs(int(size.width) - int(width)) + std::abs(int(size.height) - int(height));
  };
  const auto nearest =
      std::min_element(sizes.begin(), sizes.end(),
                       [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  if (nearest != sizes.end()) {
    width = nearest->width;
    height = nearest->height;
  }
  const auto all = planes();
  if (is_multi) {
    format.fmt.pix_mp.num_planes = static_cast<uint8_t>(all.size());
    std::copy(all.begin(), all.end(), format.fmt.pix_mp.plane_fmt);
    format.fmt.pix_mp.colorspace = colorspace;
    format.fmt.pix_mp.quantization = static_cast<uint8_t>(quantization.value_or(0));
  } else {
    format.fmt.pix.bytesperline = all[0].bytesperline;
    format.fmt.pix.sizeimage = all[0].sizeimage;
    format.fmt.pix.colorspace = colorspace;
    format.fmt.pix.quantization = quantization.value_or(7);
    format.fmt.pix.priv = quantization ? V4L2_PIX_FMT_PRIV_MAGIC : 0;
  }
  wanted = format;
  if (grant) grant(wanted);
  return 0;
}

int FakeCamera::parameters(v4l2_streamparm& item, bool set) {
  if (!has_rate) return -ENOTTY;
  v4l2_fract& asked = item.parm.capture.timeperframe;
  if (set && asked.numerator > 0) fps = asked.denominator / asked.numerator;
  item.parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
  asked = interval(fps);
  return 0;
}

}  // namespace fanlight
