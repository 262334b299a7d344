// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/uvc/camera_requests.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tests/vm/uvc/descriptors.h"
#include "tests/vm/uvc/usb_bytes.h"

namespace fanlight {
namespace {

// The kernel's structures are sent as they are stored in memory, and USB is little-endian.
static_assert(std::endian::native == std::endian::little);

// Of uvc_streaming_control in version 1.0 of the class: section 4.3.1.1.
constexpr size_t kNegotiationBytes = 26;
constexpr uint8_t kReadable = 1 << 0, kWritable = 1 << 1;  // UVC_GET_INFO
constexpr uint16_t kControlMax = 255;

using Bytes = std::vector<uint8_t>;

Bytes bytes_of(const uvc_streaming_control& block) {
  Bytes bytes(kNegotiationBytes);
  std::memcpy(bytes.data(), &block, bytes.size());
  return bytes;
}

}  // namespace

CameraRequests::CameraRequests(CameraOffer offer) : offer_(std::move(offer)) {
  probed_ = granted({});
  committed_ = probed_;
}

CameraMode CameraRequests::mode() const {
  const CameraEncoding encoding = offer_.encodings()[committed_.bFormatIndex - 1u];
  return offer_.modes_of(encoding)[committed_.bFrameIndex - 1u];
}

std::optional<Bytes> CameraRequests::answer(const usb_ctrlrequest& request,
                                            std::span<const uint8_t> sent) {
  if ((request.bRequestType & USB_TYPE_MASK) == USB_TYPE_STANDARD) return standard(request);
  if ((request.bRequestType & (USB_TYPE_MASK | USB_RECIP_MASK)) !=
      (USB_TYPE_CLASS | USB_RECIP_INTERFACE)) {
    return std::nullopt;
  }
  const int interface = request.wIndex & 0xff, unit = request.wIndex >> 8;
  if (interface == kStreamingInterface && unit == 0) return negotiation(request, sent);
  if (interface == kControlInterface && unit == kProcessingUnit) return control(request, sent);
  return std::nullopt;
}

std::optional<Bytes> CameraRequests::standard(const usb_ctrlrequest& request) {
  switch (request.bRequest) {
    case USB_REQ_GET_DESCRIPTOR:
      return descriptor(request.wValue);
    case USB_REQ_GET_STATUS:
      return Bytes(2);
    case USB_REQ_SET_CONFIGURATION:
    case USB_REQ_SET_INTERFACE:
      return Bytes{};
    case USB_REQ_CLEAR_FEATURE:
      // This is how a host ends a stream over a bulk endpoint: uvc_video_stop_streaming() in Linux.
      is_streaming_ = false;
      return Bytes{};
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> CameraRequests::descriptor(uint16_t type_and_index) const {
  switch (type_and_index >> 8) {
    case USB_DT_DEVICE:
      return device_descriptor();
    case USB_DT_CONFIG:
      return configuration_descriptor(offer_);
    case USB_DT_STRING:
      switch (type_and_index & 0xff) {
        case kNoString:
          return languages_descriptor();
        case kManufacturerString:
          return string_descriptor("Fanlight");
        case kProductString:
          return string_descriptor(offer_.product);
        case kSerialString:
          return string_descriptor(offer_.serial);
        default:
          return std::nullopt;
      }
    default:
      return std::nullopt;
  }
}

// The nearest available settings to the host's proposal: section 4.3.1.1.
uvc_streaming_control CameraRequests::granted(uvc_streaming_control wanted) const {
  const auto encodings = offer_.encodings();
  if (wanted.bFormatIndex < 1 || wanted.bFormatIndex > encodings.size()) wanted.bFormatIndex = 1;
  const auto modes = offer_.modes_of(encodings[wanted.bFormatIndex - 1u]);
  if (wanted.bFrameIndex < 1 || wanted.bFrameIndex > modes.size()) wanted.bFrameIndex = 1;
  const int64_t asked = wanted.dwFrameInterval;
  wanted.dwFrameInterval = *std::min_element(
      kFrameIntervals.begin(), kFrameIntervals.end(),
      [asked](int64_t a, int64_t b) { return std::abs(a - asked) < std::abs(b - asked); });
  wanted.dwMaxVideoFrameSize = static_cast<uint32_t>(modes[wanted.bFrameIndex - 1u].bytes_max());
  wanted.dwMaxPayloadTransferSize = kPayloadBytesMax;
  return wanted;
}

std::optional<Bytes> CameraRequests::negotiation(const usb_ctrlrequest& request,
                                                 std::span<const uint8_t> sent) {
  const int selector = request.wValue >> 8;
  if (selector != UVC_VS_PROBE_CONTROL && selector != UVC_VS_COMMIT_CONTROL) return std::nullopt;
  uvc_streaming_control& block = selector == UVC_VS_PROBE_CONTROL ? probed_ : committed_;
  uvc_streaming_control wanted{};
  switch (request.bRequest) {
    case UVC_SET_CUR:
      std::memcpy(&wanted, sent.data(), std::min(sent.size(), kNegotiationBytes));
      block = granted(wanted);
      if (selector == UVC_VS_COMMIT_CONTROL) is_streaming_ = true;
      return Bytes{};
    case UVC_GET_CUR:
      return bytes_of(block);
    case UVC_GET_DEF:
    case UVC_GET_MIN:
      return bytes_of(granted({}));
    case UVC_GET_MAX:
      wanted.dwFrameInterval = kFrameIntervals.back();
      return bytes_of(granted(wanted));
    case UVC_GET_LEN:
      return UsbBytes().u16(kNegotiationBytes).get();
    case UVC_GET_INFO:
      return UsbBytes().u8(kReadable | kWritable).get();
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> CameraRequests::control(const usb_ctrlrequest& request,
                                             std::span<const uint8_t> sent) {
  const auto found = std::ranges::find(controls_, request.wValue >> 8, &Control::selector);
  if (found == controls_.end()) return std::nullopt;
  switch (request.bRequest) {
    case UVC_SET_CUR:
      if (sent.size() != 2) return std::nullopt;
      found->current = static_cast<uint16_t>(sent[0] | sent[1] << 8);
      return Bytes{};
    case UVC_GET_CUR:
      return UsbBytes().u16(found->current).get();
    case UVC_GET_MIN:
      return UsbBytes().u16(0).get();
    case UVC_GET_MAX:
      return UsbBytes().u16(kControlMax).get();
    case UVC_GET_RES:
      return UsbBytes().u16(1).get();
    case UVC_GET_DEF:
      return UsbBytes().u16(found->preset).get();
    case UVC_GET_LEN:
      return UsbBytes().u16(2).get();
    case UVC_GET_INFO:
      return UsbBytes().u8(kReadable | kWritable).get();
    default:
      return std::nullopt;
  }
}

}  // namespace fanlight
