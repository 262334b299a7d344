// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_timings.h"

#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace fanlight {
namespace {

// Limit for the signal size that a driver reports. DVI began with 640x480; 16K is beyond HDMI 2.1.
constexpr uint32_t kSideMax = 16384;
// More events than a driver keeps for one subscription.
constexpr int kEventsMax = 64;

// The selected input; negative: -errno.
int selected_input(V4l2Io& io, int fd) {
  int input = 0;
  const int result = io.ioctl(fd, VIDIOC_G_INPUT, &input);
  if (result != 0) return result;
  return input >= 0 ? input : -EINVAL;
}

// Throws std::system_error.
void query(V4l2Io& io, int fd, unsigned long request, v4l2_dv_timings& timings,
           std::string_view what) {
  const int error = -io.ioctl(fd, request, &timings);
  if (error == 0) return;
  const std::string_view problem = dv_timings_problem(error);
  throw std::system_error(error, std::generic_category(),
                          std::string(problem.empty() ? what : problem));
}

// From one picture to the next: all pixels, including the blanking between lines and between
// pictures, divided by the pixel clock. An interlaced picture consists of its two fields.
Duration interval_of(const v4l2_bt_timings& bt) {
  const auto sum = [](std::initializer_list<uint64_t> parts) {
    uint64_t total = 0;
    for (const uint64_t part : parts) total += part;
    return static_cast<double>(total);
  };
  const double width = sum({bt.width, bt.hfrontporch, bt.hsync, bt.hbackporch});
  double height = sum({bt.height, bt.vfrontporch, bt.vsync, bt.vbackporch});
  if (bt.interlaced != 0) height += sum({bt.il_vfrontporch, bt.il_vsync, bt.il_vbackporch});
  if (bt.pixelclock == 0) return Duration{};
  const double seconds = width * height / static_cast<double>(bt.pixelclock);
  // Outside of this it is not the clock of a moving picture: the driver does not know it.
  return seconds > 1.0 / 1000 && seconds < 10 ? from_seconds(seconds) : Duration{};
}

}  // namespace

bool has_dv_timings(V4l2Io& io, int fd) {
  const int input = selected_input(io, fd);
  if (input < 0) return false;
  v4l2_input description{};
  description.index = static_cast<uint32_t>(input);
  if (io.ioctl(fd, VIDIOC_ENUMINPUT, &description) != 0) return false;
  return (description.capabilities & V4L2_IN_CAP_DV_TIMINGS) != 0;
}

DvTimings adopt_dv_timings(V4l2Io& io, int fd) {
  v4l2_dv_timings timings{};
  query(io, fd, VIDIOC_QUERY_DV_TIMINGS, timings, "reading the timings of the signal");
  const v4l2_bt_timings bt = timings.bt;
  // Some drivers report a cable without a signal as a picture without a size.
  if (bt.width == 0 || bt.height == 0) {
    throw std::system_error(ENOLINK, std::generic_category(),
                            std::string(dv_timings_problem(ENOLINK)));
  }
  if (timings.type != V4L2_DV_BT_656_1120 || bt.width > kSideMax || bt.height > kSideMax) {
    throw std::system_error(ERANGE, std::generic_category(),
                            std::string(dv_timings_problem(ERANGE)));
  }
  query(io, fd, VIDIOC_S_DV_TIMINGS, timings, "setting the timings of the signal");
  return {static_cast<int>(bt.width), static_cast<int>(bt.height), bt.interlaced != 0,
          interval_of(bt)};
}

std::string_view dv_timings_problem(int error) noexcept {
  switch (error) {
    case ENOLINK:
      return "no signal: is the cable plugged in and the source on?";
    case ENOLCK:
      return "the signal is not stable";
    case ERANGE:
      return "the device cannot capture this signal: choose a smaller picture or rate";
    default:
      return {};
  }
}

bool subscribe_source_changes(V4l2Io& io, int fd) {
  v4l2_event_subscription subscription{};
  subscription.type = V4L2_EVENT_SOURCE_CHANGE;
  // The event is reported only for the input with this number.
  const int input = selected_input(io, fd);
  if (input > 0) subscription.id = static_cast<uint32_t>(input);
  return io.ioctl(fd, VIDIOC_SUBSCRIBE_EVENT, &subscription) == 0;
}

bool take_source_change(V4l2Io& io, int fd) {
  bool changed = false;
  for (int i = 0; i < kEventsMax; i++) {
    v4l2_event event{};
    if (io.ioctl(fd, VIDIOC_DQEVENT, &event) != 0) break;
    if (event.type == V4L2_EVENT_SOURCE_CHANGE) changed = true;
  }
  return changed;
}

}  // namespace fanlight
