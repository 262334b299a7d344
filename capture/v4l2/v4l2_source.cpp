// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_source.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "capture/v4l2/v4l2_controls.h"
#include "capture/v4l2/v4l2_error.h"
#include "capture/v4l2/v4l2_identity.h"
#include "capture/v4l2/v4l2_offers.h"
#include "capture/v4l2/v4l2_timings.h"

namespace fanlight {
namespace {

// Buffers that are with the driver at any time: one being written, one ready, one in hand.
constexpr uint32_t kBuffersQueued = 3;
// Raw pictures that may be encoded at the same time, as many as a Pi has cores.
constexpr uint32_t kRawKept = 4;
// Wakes without a picture before the driver counts as broken rather than early.
constexpr int kBarrenWakesMax = 1000;
// The maximum age of a picture on arrival; older stamps are from another clock.
constexpr Duration kAgeMax = 10s;
// The room given to a JPEG, however large the driver says that it may get: 3 bytes a pixel, which
// no camera comes near, and a minimum for small ones.
constexpr size_t kJpegBytesPerPixel = 3;
constexpr size_t kJpegBytesBase = 64 << 10;

struct Opened {
  std::unique_ptr<V4l2Device> device;
  std::optional<V4l2Choice> choice;
  std::vector<V4l2Offer> offers;
  Duration signal_interval{};
};

// A frame grabber gives the signal's size, unless another one was requested.
Duration adopt_signal(V4l2Device& device, V4l2Wish& wish) {
  if (!has_dv_timings(device.io(), device.fd())) return {};
  try {
    const DvTimings timings = adopt_dv_timings(device.io(), device.fd());
    if (wish.width == 0) {
      wish.width = timings.width;
      wish.height = timings.height;
    }
    return timings.interval;
  } catch (const std::system_error& error) {
    const std::string_view problem = dv_timings_problem(error.code().value());
    device.fail(error.code().value(), problem.empty() ? "cannot use its input's timings" : problem);
  }
}

Opened open_with(V4l2Io& io, const std::string& path, V4l2Conversion conversion, V4l2Wish wish) {
  Opened opened;
  opened.device = std::make_unique<V4l2Device>(io, path, conversion);
  // First, so that no change after reading the timings is missed.
  subscribe_source_changes(io, opened.device->fd());
  opened.signal_interval = adopt_signal(*opened.device, wish);
  opened.offers = enumerate_v4l2_offers(*opened.device, wish);
  opened.choice = choose_v4l2_format(opened.offers, wish);
  return opened;
}

// libv4l2's conversion is requested only when nothing else is left: it also converts formats that
// we want untouched.
Opened open_device(V4l2Io& io, const std::string& path, const V4l2Wish& wish) {
  Opened opened = open_with(io, path, V4l2Conversion::off, wish);
  if (opened.choice) return opened;
  opened.device.reset();  // a device may refuse to be opened twice
  opened = open_with(io, path, V4l2Conversion::on, wish);
  if (opened.choice) return opened;
  std::string has;
  for (const V4l2Offer& offer : opened.offers) has += ' ' + fourcc_text(offer.fourcc);
  opened.device->fail(ENOTSUP,
                      has.empty() ? "it has no formats" : "no supported format; it has" + has);
}

V4l2Wish wish_of(const SourceOptions& options) {
  if (options.fps != 0) frame_interval(options, 1);  // throws when it makes no sense
  const int least = std::min(options.width, options.height);
  const int most = std::max(options.width, options.height);
  if (most != 0 && (least < kPictureSideMin || most > kPictureSideMax)) {
    throw std::invalid_argument(fmt::format("size {}x{}: not within {}..{}", options.width,
                                            options.height, kPictureSideMin, kPictureSideMax));
  }
  return {options.width, options.height, options.fps};
}

// "MJPEG 1280x720 at 30 fps, passed through".
std::string in_words(const V4l2Layout& layout, Duration interval, bool is_emulated) {
  std::string text = fmt::format("{} {}x{}", layout.format->name, layout.width, layout.height);
  if (interval > Duration::zero()) {
    fmt::format_to(std::back_inserter(text), " at {:.4g} fps", 1 / to_seconds(interval));
  }
  if (is_emulated) text += ", converted by libv4l2";
  return text + (layout.format->is_jpeg() ? ", passed through" : ", encoded here");
}

// Empty when everything was granted.
std::string what_was_not_granted(const V4l2Wish& wish, const SourceFormat& format) {
  std::string asked;
  if (wish.width > 0 && (wish.width != format.width || wish.height != format.height)) {
    fmt::format_to(std::back_inserter(asked), " {}x{}", wish.width, wish.height);
  }
  const double fps = format.interval > Duration::zero() ? 1 / to_seconds(format.interval) : 0;
  if (wish.fps > 0 && (fps > wish.fps * 1.01 || fps < wish.fps * 0.99)) {
    fmt::format_to(std::back_inserter(asked), " {:.4g} fps", wish.fps);
  }
  return asked.empty() ? asked : "; requested" + asked;
}

}  // namespace

V4l2Source::V4l2Source(std::string_view path, const SourceOptions& options, CameraClock& clock,
                       V4l2Io& io)
    : clock_(clock) {
  if (path.empty()) {
    throw std::invalid_argument("v4l2: needs a device: v4l2:/dev/video0; --list-devices shows all");
  }
  const V4l2Wish wish = wish_of(options);
  Opened opened = open_device(io, find_v4l2_device(io, std::string(path), options.identity), wish);
  device_ = std::move(opened.device);
  identity_ = v4l2_identity(io, device_->fd(), device_->path());
  set_up(*opened.choice, opened.signal_interval);
  log_info("v4l2:{}: {}: {}{}", device_->path(), device_->name(), granted_,
           what_was_not_granted(wish, format_));
}

void V4l2Source::set_up(const V4l2Choice& choice, Duration signal_interval) {
  layout_ = device_->set_format(choice);
  const Duration interval = device_->set_rate(choice.fps);
  format_ = {layout_.width, layout_.height,
             interval > Duration::zero() ? interval : signal_interval, 0};
  granted_ = in_words(layout_, format_.interval, choice.is_emulated);

  const bool is_jpeg = layout_.format->is_jpeg();
  const uint32_t wanted = kBuffersQueued + (is_jpeg ? 1 : kRawKept);
  buffers_ = std::make_unique<V4l2Buffers>(
      *device_, static_cast<size_t>(layout_.format->memory_planes), wanted);
  const size_t spare = buffers_->count() - std::min<size_t>(buffers_->count(), kBuffersQueued);
  kept_max_ = is_jpeg ? 1 : std::clamp<size_t>(spare, 1, kRawKept);
  kept_.reserve(kRawKept);
  if (is_jpeg) {
    const size_t pixels = static_cast<size_t>(layout_.width) * static_cast<size_t>(layout_.height);
    format_.jpeg_bytes_max =
        std::min(buffers_->plane_bytes(), kJpegBytesBase + kJpegBytesPerPixel * pixels);
  }
}

// A damaged picture continues the wait, but not beyond the deadline, or a camera that sends nothing
// else would never be reported.
std::optional<Picture> V4l2Source::next(Instant deadline) {
  if (kept_.size() == kept_max_) {
    const uint32_t oldest = kept_.front();
    kept_.erase(kept_.begin());
    buffers_->give_back(oldest);
  }
  do {
    const short ready = wait_for_picture(deadline);
    if (ready == 0) return std::nullopt;
    const std::optional<V4l2Frame> frame = newest_frame();
    report_losses(clock_.now());
    if (frame) {
      kept_.push_back(frame->index);
      return picture_of(*frame);
    }
    check_barren(ready);
  } while (clock_.now() < deadline);
  return std::nullopt;
}

// poll(2)'s events for the device; 0 when something else ended the wait.
short V4l2Source::wait_for_picture(Instant deadline) {
  pollfd device{device_->fd(), POLLIN | POLLPRI, 0};
  if (clock_.wait({&device, 1}, deadline) != Wake::ready) return 0;
  if ((device.revents & POLLPRI) != 0 && take_source_change(device_->io(), device_->fd())) {
    device_->fail(ESTALE, "its input's signal changed");
  }
  return device.revents;
}

// An error that DQBUF does not explain, or readiness without a result, would otherwise be retried
// forever.
void V4l2Source::check_barren(short ready) {
  if (++barren_wakes_ == 1) return;  // expected right after dropped ones
  if ((ready & (POLLERR | POLLHUP | POLLNVAL)) != 0) device_->fail(EIO, "its driver failed");
  if (barren_wakes_ > kBarrenWakesMax) device_->fail(EIO, "it is ready but gives no pictures");
}

// The newest usable picture; nothing when there is none. Skipped ones are returned to the driver
// immediately. Takes at most as many as there are buffers, or a camera faster than we are would
// keep us here.
std::optional<V4l2Frame> V4l2Source::newest_frame() {
  std::optional<V4l2Frame> newest;
  for (size_t taken = 0; taken < buffers_->count(); ++taken) {
    const std::optional<V4l2Frame> frame = buffers_->take();
    if (!frame) break;
    barren_wakes_ = 0;
    note_sequence(frame->sequence);
    if (!is_usable(*frame)) {
      buffers_->give_back(frame->index);
      continue;
    }
    if (newest) {
      ++losses_.late;
      buffers_->give_back(newest->index);
    }
    newest = frame;
  }
  return newest;
}

bool V4l2Source::is_usable(const V4l2Frame& frame) {
  if (frame.is_damaged) {
    ++losses_.damaged;
    return false;
  }
  const bool is_whole = layout_.format->is_jpeg() ? !frame.memory[0].empty()
                                                  : raw_view(layout_, frame.memory).has_value();
  if (!is_whole) ++losses_.unusable;
  return is_whole;
}

// Drivers that do not count leave it 0; some restart.
void V4l2Source::note_sequence(uint32_t sequence) {
  if (last_sequence_ && sequence > *last_sequence_) losses_.lost += sequence - *last_sequence_ - 1;
  last_sequence_ = sequence;
}

// Gaps alone are no reason for a log line: a camera causes some while it starts.
void V4l2Source::report_losses(Instant now) {
  const uint64_t broken = losses_.damaged + losses_.unusable;
  if (broken == reported_broken_ || !losses_gate_.open(now)) return;
  log_warning("v4l2:{}: {} broken pictures dropped since it was opened, {} lost in transit",
              device_->path(), broken, losses_.lost);
  reported_broken_ = broken;
}

Picture V4l2Source::picture_of(const V4l2Frame& frame) {
  Picture picture;
  picture.width = layout_.width;
  picture.height = layout_.height;
  if (layout_.format->is_jpeg()) {
    picture.jpeg = frame.memory[0];
  } else {
    picture.raw = *raw_view(layout_, frame.memory);
  }
  const Instant now = clock_.now();
  picture.captured_at = capture_time(frame, now);
  picture.captured_wall =
      clock_.wall_now() - std::chrono::floor<std::chrono::microseconds>(now - picture.captured_at);
  return picture;
}

std::vector<Control> V4l2Source::controls() {
  return read_v4l2_controls(device_->io(), device_->fd());
}

void V4l2Source::set_control(const Control& control, int64_t value) {
  set_v4l2_control(device_->io(), device_->fd(), control, value);
}

Instant capture_time(const V4l2Frame& frame, Instant now) noexcept {
  const bool makes_sense =
      frame.is_monotonic && frame.timestamp <= now && frame.timestamp > now - kAgeMax;
  return makes_sense ? frame.timestamp : now;
}

}  // namespace fanlight
