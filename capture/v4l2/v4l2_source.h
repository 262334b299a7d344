// SPDX-License-Identifier: Apache-2.0
// V4l2Source: a webcam, a Pi camera through its kernel driver, a frame grabber, an HDMI bridge.
//
// See v4l2_choice.h for what is requested, v4l2_layout.h for what may be granted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "capture/v4l2/v4l2_buffers.h"
#include "capture/v4l2/v4l2_device.h"
#include "capture/v4l2/v4l2_io.h"
#include "capture/v4l2/v4l2_layout.h"
#include "core/log.h"

namespace fanlight {

// Owns: the device and its buffers.
// Thread: see Source.
// Invariants: next() gives the newest picture that is ready, so a slow consumer sees fewer but no
//   old ones; at most pictures_kept() buffers are away from the driver.
class V4l2Source final : public Source {
 public:
  // `path` is a video node or a link to one; with options.identity the device is also searched
  // under other names. Throws std::system_error: ENOENT, EACCES, EBUSY and so on from the device;
  // ENOTTY when it is not a camera, ENOTSUP when it has no known format, EPROTO when it grants
  // nonsense, ENOLINK, ENOLCK and ERANGE as adopt_dv_timings() does. std::invalid_argument without
  // a path, and for a size or rate that no camera has.
  V4l2Source(std::string_view path, const SourceOptions& options, CameraClock& clock,
             V4l2Io& io = system_v4l2_io());

  const SourceFormat& format() const override { return format_; }

  // Throws ESTALE when the signal of a frame grabber changed, EIO when the driver is repeatedly
  // ready but gives nothing, and the driver's errors.
  std::optional<Picture> next(Instant deadline) override;

  size_t pictures_kept() const override { return kept_max_; }
  std::string identity() const override { return identity_; }
  SourceDescription describe() const override { return {device_->name(), granted_, {}}; }
  SourceLosses losses() const override { return losses_; }
  std::vector<Control> controls() override;
  void set_control(const Control& control, int64_t value) override;

 private:
  void set_up(const V4l2Choice& choice, Duration signal_interval);
  short wait_for_picture(Instant deadline);
  void check_barren(short ready);
  std::optional<V4l2Frame> newest_frame();
  bool is_usable(const V4l2Frame& frame);
  void note_sequence(uint32_t sequence);
  void report_losses(Instant now);
  Picture picture_of(const V4l2Frame& frame);

  CameraClock& clock_;
  std::unique_ptr<V4l2Device> device_;
  V4l2Layout layout_;
  SourceFormat format_;
  std::unique_ptr<V4l2Buffers> buffers_;
  std::string identity_;
  std::string granted_;  // in words

  size_t kept_max_ = 1;
  std::vector<uint32_t> kept_;  // buffers of the pictures handed over, the oldest first
  std::optional<uint32_t> last_sequence_;
  int barren_wakes_ = 0;  // consecutive ones without a picture
  SourceLosses losses_;
  uint64_t reported_broken_ = 0;
  LogGate losses_gate_;
};

// When a picture was taken: the driver's time stamp, if it is from our clock and makes sense, else
// `now`.
Instant capture_time(const V4l2Frame& frame, Instant now) noexcept;

}  // namespace fanlight
