// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_device.h"

#include <fmt/core.h>

#include <cerrno>
#include <cmath>
#include <utility>

#include "capture/v4l2/v4l2_error.h"
#include "core/printable.h"

namespace fanlight {
namespace {

// Handles drivers that report nothing, or nonsense: 0.01..1000 pictures a second.
Duration interval_of(const v4l2_fract& fraction) {
  if (fraction.numerator == 0 || fraction.denominator == 0) return {};
  const double seconds = double{1} * fraction.numerator / fraction.denominator;
  return seconds >= 0.001 && seconds <= 100 ? from_seconds(seconds) : Duration{};
}

}  // namespace

std::string printable_text(std::span<const uint8_t> text) {
  const std::string_view field(reinterpret_cast<const char*>(text.data()), text.size());
  return printable(field.substr(0, field.find('\0')));
}

V4l2Device::V4l2Device(V4l2Io& io, std::string path, V4l2Conversion conversion)
    : io_(io), path_(std::move(path)) {
  const int fd = io_.open(path_, conversion);
  if (fd < 0) fail(-fd, "cannot open it");
  fd_ = fd;
  try {
    identify();
  } catch (...) {
    io_.close(fd_);
    throw;
  }
}

V4l2Device::~V4l2Device() {
  io_.close(fd_);
}

void V4l2Device::identify() {
  v4l2_capability capability{};
  const int result = try_ioctl(VIDIOC_QUERYCAP, capability);
  if (result == -ENOTTY || result == -EINVAL) fail(ENOTTY, "not a video device");
  if (result < 0) fail(-result, "it does not identify itself");
  name_ =
      fmt::format("{} at {}", printable_text(capability.card), printable_text(capability.bus_info));
  // `capabilities` are those of the whole device, `device_caps` those of this node.
  const uint32_t can = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0
                           ? capability.device_caps
                           : capability.capabilities;
  if ((can & V4L2_CAP_VIDEO_CAPTURE) != 0) {
    buffer_type_ = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  } else if ((can & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0) {
    buffer_type_ = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  } else if ((can & V4L2_CAP_META_CAPTURE) != 0) {
    fail(ENOTTY, "not the camera's video node but its metadata node");
  } else {
    fail(ENOTTY, fmt::format("not a camera but {}", name_));
  }
  if ((can & V4L2_CAP_STREAMING) == 0) fail(ENOTTY, "it supports only read(2), which is too slow");
}

void V4l2Device::fail(int error, std::string_view what) const {
  throw_v4l2_error(path_, error, what);
}

V4l2Layout V4l2Device::set_format(const V4l2Choice& choice) {
  v4l2_format format{};
  format.type = buffer_type_;
  if (is_multiplanar()) {
    format.fmt.pix_mp.width = static_cast<uint32_t>(choice.width);
    format.fmt.pix_mp.height = static_cast<uint32_t>(choice.height);
    format.fmt.pix_mp.pixelformat = choice.fourcc;
  } else {
    format.fmt.pix.width = static_cast<uint32_t>(choice.width);
    format.fmt.pix.height = static_cast<uint32_t>(choice.height);
    format.fmt.pix.pixelformat = choice.fourcc;
    format.fmt.pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;
  }
  const std::string wanted =
      fmt::format("{} {}x{}", fourcc_text(choice.fourcc), choice.width, choice.height);
  ioctl(VIDIOC_S_FMT, format, fmt::format("cannot set {}", wanted));
  const V4l2Layout layout = read_v4l2_layout(format);
  if (!layout.ok()) {
    fail(EPROTO, fmt::format("requested {}, driver granted {}", wanted, layout.problem));
  }
  return layout;
}

Duration V4l2Device::set_rate(double fps) {
  v4l2_streamparm parameters{};
  parameters.type = buffer_type_;
  const v4l2_fract& interval = parameters.parm.capture.timeperframe;
  if (try_ioctl(VIDIOC_G_PARM, parameters) < 0) return {};
  if ((parameters.parm.capture.capability & V4L2_CAP_TIMEPERFRAME) == 0) {
    return interval_of(interval);
  }
  const Duration before = interval_of(interval);
  // Thousandths of a picture are precise enough for 29.97.
  parameters.parm.capture.timeperframe = {1000, static_cast<uint32_t>(std::lround(fps * 1000))};
  const int result = try_ioctl(VIDIOC_S_PARM, parameters);
  // Only a device that is gone is an error: pictures at another rate are better than none.
  if (result == -ENODEV) fail(ENODEV, "cannot set the rate");
  return result < 0 ? before : interval_of(interval);
}

}  // namespace fanlight
