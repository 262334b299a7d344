// SPDX-License-Identifier: Apache-2.0
// CameraDevice: the emulated camera at its end of the cable.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.h"
#include "core/time.h"
#include "tests/vm/uvc/camera_frames.h"
#include "tests/vm/uvc/camera_offer.h"
#include "tests/vm/uvc/camera_requests.h"
#include "tests/vm/uvc/frame_payloads.h"
#include "tests/vm/uvc/usbip.h"

namespace fanlight {

// Owns: its end of the cable, while plugged in, and the host's requests that wait for a frame.
// Thread: one. Reading and writing the cable may block: the kernel at the other end accepts
// everything. Errors: a broken cable counts as unplugging.
class CameraDevice {
 public:
  // `tell` is called for each event: "plugged in", "streaming MJPEG 640x480", "stopped",
  // "unplugged".
  CameraDevice(CameraOffer offer, std::function<void(std::string_view)> tell);

  // Executes one command line, see kHelp. Throws std::invalid_argument if it is unknown.
  void command(std::string_view line);

  // The cable, to be polled for reading; -1 if unplugged.
  int fd() const { return cable_.get(); }

  // When it has to be called next even without a request; kNever while it waits for the host.
  Instant wakes_at() const;

  void on_request();
  void on_time(Instant now);

  static constexpr std::string_view kHelp =
      "  unplug, plug             offer mjpeg|yuyv|all     what it can do when plugged in next\n"
      "  stall, give N, go        no frames; N frames, then no more; frames again\n"
      "  corrupt N, truncate N, no-tables N, pad N, flag N: so the next N frames\n";

 private:
  void plug();
  void unplug();
  void offer(std::string_view what);
  void tell_stream();
  void begin_frame(Instant now);
  void send_payloads();
  void answer_control(const UsbipRequest& request, const std::vector<uint8_t>& sent);
  void take_back(const UsbipRequest& request);
  bool read(void* data, size_t count);
  void write(const std::vector<uint8_t>& data);

  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  struct Waiting {
    uint32_t number;
    uint32_t length;  // bytes
  };

  CameraOffer offer_;
  std::function<void(std::string_view)> tell_;
  CameraRequests requests_;
  Fd cable_;
  bool wants_plug_ = false;
  bool told_streaming_ = false;
  uint64_t frames_left_ = kUnlimited;  // until it stalls
  std::deque<Waiting> waiting_;
  CameraFrames frames_;
  FramePayloads payloads_;
  uint64_t frame_number_ = 0;  // of this stream, from 1
  Instant next_frame_at_{};
  FrameFault fault_ = FrameFault::none;
  uint64_t faulty_frames_ = 0;
  uint64_t flagged_frames_ = 0;
};

}  // namespace fanlight
