// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_offers.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fanlight {
namespace {

// More than any known driver has (vivid: 83 formats), and few enough to query them all.
constexpr uint32_t kFormatsMax = 128;
constexpr uint32_t kSizesMax = 64;
constexpr uint32_t kIntervalsMax = 32;

// Sizes out of a range that users request, and the choice prefers.
constexpr std::pair<int, int> kUsualSizes[] = {{1920, 1080}, {1280, 720}, {800, 600},
                                               {640, 480},   {320, 240},  {160, 120}};

double fps_of(const v4l2_fract& interval) {
  if (interval.numerator == 0 || interval.denominator == 0) return 0;
  return double{1} * interval.denominator / interval.numerator;
}

// The next of an enumeration; false at its end. EINVAL means that there are no more, ENOTTY that
// the driver has no such list.
template <class T>
bool next(V4l2Device& device, unsigned long request, T& item) {
  const int result = device.try_ioctl(request, item);
  if (result == -ENODEV) device.fail(ENODEV, "cannot list its formats");
  return result == 0;
}

void note_rate(V4l2Size& size, double fps) {
  if (fps <= 0) return;
  size.fps_min = size.fps_min == 0 ? fps : std::min(size.fps_min, fps);
  size.fps_max = std::max(size.fps_max, fps);
}

V4l2Size with_rates(V4l2Device& device, uint32_t fourcc, int width, int height) {
  V4l2Size size{width, height, 0, 0};
  v4l2_frmivalenum interval{};
  for (uint32_t index = 0; index < kIntervalsMax; ++index) {
    interval = {};
    interval.index = index;
    interval.pixel_format = fourcc;
    interval.width = static_cast<uint32_t>(width);
    interval.height = static_cast<uint32_t>(height);
    if (!next(device, VIDIOC_ENUM_FRAMEINTERVALS, interval)) break;
    if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
      note_rate(size, fps_of(interval.stepwise.min));
      note_rate(size, fps_of(interval.stepwise.max));
      break;
    }
    note_rate(size, fps_of(interval.discrete));
  }
  return size;
}

// The value nearest to the wanted one within the range and on its steps.
int snapped(int wanted, uint32_t minimum, uint32_t maximum, uint32_t step) {
  const int64_t low = minimum;
  const int64_t within = std::clamp<int64_t>(wanted, low, std::max<int64_t>(low, maximum));
  const int64_t by = std::max<int64_t>(step, 1);
  return static_cast<int>(low + (within - low) / by * by);
}

bool has(const std::vector<V4l2Size>& sizes, int width, int height) {
  return std::any_of(sizes.begin(), sizes.end(), [&](const V4l2Size& size) {
    return size.width == width && size.height == height;
  });
}

bool is_sensible(uint32_t width, uint32_t height) {
  return std::min(width, height) >= kPictureSideMin && std::max(width, height) <= kPictureSideMax;
}

std::vector<V4l2Size> sizes_in(V4l2Device& device, uint32_t fourcc,
                               const v4l2_frmsize_stepwise& range, const V4l2Wish& wish) {
  std::vector<V4l2Size> sizes;
  const auto add = [&](int wanted_width, int wanted_height) {
    const int width = snapped(wanted_width, range.min_width, range.max_width, range.step_width);
    const int height =
        snapped(wanted_height, range.min_height, range.max_height, range.step_height);
    if (!has(sizes, width, height)) sizes.push_back(with_rates(device, fourcc, width, height));
  };
  if (wish.width > 0) add(wish.width, wish.height);
  add(kPictureSideMax, kPictureSideMax);
  for (const auto& [width, height] : kUsualSizes) add(width, height);
  return sizes;
}

// The current size; the signal's for devices that capture from a cable.
V4l2Size present_size(V4l2Device& device) {
  v4l2_format format{};
  format.type = device.buffer_type();
  if (!next(device, VIDIOC_G_FMT, format)) return {};
  const bool multiplanar = device.is_multiplanar();
  const uint32_t width = multiplanar ? format.fmt.pix_mp.width : format.fmt.pix.width;
  const uint32_t height = multiplanar ? format.fmt.pix_mp.height : format.fmt.pix.height;
  if (!is_sensible(width, height)) return {};
  return {static_cast<int>(width), static_cast<int>(height), 0, 0};
}

std::vector<V4l2Size> sizes_of(V4l2Device& device, uint32_t fourcc, const V4l2Wish& wish) {
  std::vector<V4l2Size> sizes;
  for (uint32_t index = 0; index < kSizesMax; ++index) {
    v4l2_frmsizeenum size{};
    size.index = index;
    size.pixel_format = fourcc;
    if (!next(device, VIDIOC_ENUM_FRAMESIZES, size)) break;
    if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
      return sizes_in(device, fourcc, size.stepwise, wish);
    }
    if (!is_sensible(size.discrete.width, size.discrete.height)) continue;
    const int width = static_cast<int>(size.discrete.width);
    const int height = static_cast<int>(size.discrete.height);
    if (!has(sizes, width, height)) sizes.push_back(with_rates(device, fourcc, width, height));
  }
  if (!sizes.empty()) return sizes;
  if (wish.width > 0) return {with_rates(device, fourcc, wish.width, wish.height)};
  const V4l2Size present = present_size(device);
  if (present.width == 0) return {};
  return {with_rates(device, fourcc, present.width, present.height)};
}

}  // namespace

std::vector<V4l2Offer> enumerate_v4l2_offers(V4l2Device& device, const V4l2Wish& wish) {
  std::vector<V4l2Offer> offers;
  for (uint32_t index = 0; index < kFormatsMax; ++index) {
    v4l2_fmtdesc format{};
    format.index = index;
    format.type = device.buffer_type();
    if (!next(device, VIDIOC_ENUM_FMT, format)) break;
    // libv4l2 also lists formats that the device has itself.
    const bool is_known = std::any_of(offers.begin(), offers.end(), [&](const V4l2Offer& offer) {
      return offer.fourcc == format.pixelformat;
    });
    if (is_known) continue;
    offers.push_back({.fourcc = format.pixelformat,
                      .description = printable_text(format.description),
                      .is_emulated = (format.flags & V4L2_FMT_FLAG_EMULATED) != 0,
                      .sizes = sizes_of(device, format.pixelformat, wish)});
  }
  return offers;
}

}  // namespace fanlight
