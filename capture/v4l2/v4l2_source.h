// SPDX-License-Identifier: Apache-2.0
// V4l2Source: a webcam, a Pi camera by its kernel driver, a frame grabber, an HDMI bridge.
//
// What is asked for and what is taken is in v4l2_choice.h; what may be granted in v4l2_layout.h.
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
// Invariants: of the pictures that are ready the newest is given, so a consumer that is too slow
//   sees fewer but none that are old; at most pictures_kept() buffers are away from the driver.
class V4l2Source final : public Source {
 public:
  // `path` is a video node or a link to one; with options.identity the device is looked for under
  // other names too. Throws std::system_error: ENOENT, EACCES, EBUSY and so on of the device;
  // ENOTTY when it is not a camera, ENOTSUP when it has no format that we know, EPROTO when it
  // grants nonsense, ENOLINK, ENOLCK and ERANGE as adopt_dv_timings() does.
  // std::invalid_argument without a path, and for a size or rate that no camera has.
  V4l2Source(std::string_view path, const SourceOptions& options, CameraClock& clock,
             V4l2Io& io = system_v4l2_io());

  const SourceFormat& format() const override { return format_; }

  // Throws ESTALE when the signal of a frame grabber changed, EIO when the driver is ready without
  // end but gives nothing, and what the driver says.
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
  std::vector<uint32_t> kept_;  // buffers of the pictures that were given, the oldest first
  std::optional<uint32_t> last_sequence_;
  int barren_wakes_ = 0;  // ready, but no picture, in succession
  SourceLosses losses_;
  uint64_t reported_broken_ = 0;
  LogGate losses_gate_;
};

// When a picture was taken: what the driver says, if that is by our clock and makes sense, else
// `now`.
Instant capture_time(const V4l2Frame& frame, Instant now) noexcept;

}  // namespace fanlight
