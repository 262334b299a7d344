// SPDX-License-Identifier: Apache-2.0
// CameraRequests: the emulated camera's answers on its control endpoint.
//
// Sources: USB 2.0 section 9.4; USB Device Class Definition for Video Devices 1.1, chapter 4.
#pragma once

#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tests/vm/uvc/camera_offer.h"

namespace fanlight {

// Owns: the stream that the host has negotiated, and the controls that it has set.
// Thread: one.
class CameraRequests {
 public:
  explicit CameraRequests(CameraOffer offer);

  // The bytes for the host to read, empty for a request that carries data to the camera (`sent`);
  // nothing if the request is unknown, which USB answers with a stall of the endpoint.
  std::optional<std::vector<uint8_t>> answer(const usb_ctrlrequest& request,
                                             std::span<const uint8_t> sent);

  // The stream that the host wants at this moment.
  bool is_streaming() const { return is_streaming_; }
  CameraMode mode() const;
  uint32_t frame_interval() const { return committed_.dwFrameInterval; }  // 100 ns

 private:
  // A value of the processing unit that the host may set.
  struct Control {
    uint8_t selector;
    uint16_t preset;
    uint16_t current;
  };

  std::optional<std::vector<uint8_t>> descriptor(uint16_t type_and_index) const;
  std::optional<std::vector<uint8_t>> standard(const usb_ctrlrequest& request);
  std::optional<std::vector<uint8_t>> negotiation(const usb_ctrlrequest& request,
                                                  std::span<const uint8_t> sent);
  std::optional<std::vector<uint8_t>> control(const usb_ctrlrequest& request,
                                              std::span<const uint8_t> sent);
  uvc_streaming_control granted(uvc_streaming_control wanted) const;

  CameraOffer offer_;
  uvc_streaming_control probed_{};
  uvc_streaming_control committed_{};
  bool is_streaming_ = false;
  std::array<Control, 2> controls_ = {
      {{UVC_PU_BRIGHTNESS_CONTROL, 128, 128}, {UVC_PU_CONTRAST_CONTROL, 32, 32}}};
};

}  // namespace fanlight
