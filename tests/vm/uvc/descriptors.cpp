// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/uvc/descriptors.h"

#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include "tests/vm/uvc/usb_bytes.h"

namespace fanlight {
namespace {

constexpr uint8_t kClassInterface = USB_DT_CS_INTERFACE;
constexpr uint8_t kYuy2Guid[] = {'Y',  'U', 'Y', '2',  0, 0,    0x10, 0,
                                 0x80, 0,   0,   0xaa, 0, 0x38, 0x9b, 0x71};

std::vector<uint8_t> interface(uint8_t number, uint8_t endpoints, uint8_t subclass) {
  const uint8_t alternate = 0, protocol = 0;
  return UsbBytes()
      .u8(number)
      .u8(alternate)
      .u8(endpoints)
      .u8(USB_CLASS_VIDEO)
      .u8(subclass)
      .u8(protocol)
      .u8(kNoString)
      .descriptor(USB_DT_INTERFACE);
}

// Both interfaces are one function: section 3.6.
std::vector<uint8_t> association() {
  const uint8_t video_interface_collection = 3, interfaces = 2, protocol = 0;
  return UsbBytes()
      .u8(kControlInterface)
      .u8(interfaces)
      .u8(USB_CLASS_VIDEO)
      .u8(video_interface_collection)
      .u8(protocol)
      .u8(kNoString)
      .descriptor(USB_DT_INTERFACE_ASSOCIATION);
}

// A lens and sensor, a unit with brightness and contrast, and the output: section 3.7.2.
std::vector<uint8_t> units() {
  const uint8_t brightness_and_contrast = 1 << 0 | 1 << 1;
  UsbBytes all;
  all.bytes(UsbBytes()
                .u8(UVC_VC_INPUT_TERMINAL)
                .u8(kCameraTerminal)
                .u16(UVC_ITT_CAMERA)
                .u8(0)     // belongs to no output terminal
                .u8(0)     // without a name
                .zeros(6)  // focal lengths: no zoom
                .u8(3)     // bytes of the bitmap of controls, of which there are none
                .zeros(3)
                .descriptor(kClassInterface));
  all.bytes(UsbBytes()
                .u8(UVC_VC_PROCESSING_UNIT)
                .u8(kProcessingUnit)
                .u8(kCameraTerminal)
                .u16(0)  // no digital zoom
                .u8(2)   // bytes of the bitmap of controls
                .u16(brightness_and_contrast)
                .u8(0)  // without a name
                .u8(0)  // no analogue video standards
                .descriptor(kClassInterface));
  all.bytes(UsbBytes()
                .u8(UVC_VC_OUTPUT_TERMINAL)
                .u8(kOutputTerminal)
                .u16(UVC_TT_STREAMING)
                .u8(0)
                .u8(kProcessingUnit)
                .u8(0)
                .descriptor(kClassInterface));
  return all.get();
}

std::vector<uint8_t> control_interface() {
  const auto inside = units();
  const size_t header_bytes = 13;
  const auto header = UsbBytes()
                          .u8(UVC_VC_HEADER)
                          .u16(0x0100)  // version 1.0 of the class
                          .u16(header_bytes + inside.size())
                          .u32(48'000'000)  // Hz, of its clock
                          .u8(1)            // streaming interface, which is:
                          .u8(kStreamingInterface)
                          .descriptor(kClassInterface);
  return UsbBytes()
      .bytes(interface(kControlInterface, 0, UVC_SC_VIDEOCONTROL))
      .bytes(header)
      .bytes(inside)
      .get();
}

std::vector<uint8_t> frame(const CameraMode& mode, size_t number) {
  const size_t bits = mode.bytes_max() * 8;
  UsbBytes bytes;
  bytes.u8(mode.encoding == CameraEncoding::mjpeg ? UVC_VS_FRAME_MJPEG : UVC_VS_FRAME_UNCOMPRESSED)
      .u8(number)
      .u8(0)  // no still pictures
      .u16(static_cast<size_t>(mode.width))
      .u16(static_cast<size_t>(mode.height))
      .u32(bits * 10)  // per second, at the lowest rate and at the highest
      .u32(bits * 30)
      .u32(mode.bytes_max())
      .u32(kFrameIntervals[0])
      .u8(kFrameIntervals.size());
  for (const uint32_t interval : kFrameIntervals) bytes.u32(interval);
  return bytes.descriptor(kClassInterface);
}

std::vector<uint8_t> format(CameraEncoding encoding, size_t number, size_t frames) {
  UsbBytes bytes;
  if (encoding == CameraEncoding::mjpeg) {
    const uint8_t sizes_vary = 0;
    bytes.u8(UVC_VS_FORMAT_MJPEG).u8(number).u8(frames).u8(sizes_vary);
  } else {
    const uint8_t bits_per_pixel = 16;
    bytes.u8(UVC_VS_FORMAT_UNCOMPRESSED).u8(number).u8(frames);
    for (const uint8_t byte : kYuy2Guid) bytes.u8(byte);
    bytes.u8(bits_per_pixel);
  }
  // The first frame is the default; no aspect ratio, not interlaced, may be copied.
  return bytes.u8(1).zeros(4).descriptor(kClassInterface);
}

std::vector<uint8_t> formats(const CameraOffer& offer) {
  UsbBytes all;
  size_t format_number = 0;
  for (const CameraEncoding encoding : offer.encodings()) {
    const auto modes = offer.modes_of(encoding);
    all.bytes(format(encoding, ++format_number, modes.size()));
    size_t frame_number = 0;
    for (const CameraMode& mode : modes) all.bytes(frame(mode, ++frame_number));
    const uint8_t bt709 = 1, smpte170m = 4;
    all.bytes(UsbBytes()
                  .u8(UVC_VS_COLORFORMAT)
                  .u8(bt709)
                  .u8(bt709)
                  .u8(smpte170m)
                  .descriptor(kClassInterface));
  }
  return all.get();
}

std::vector<uint8_t> streaming_interface(const CameraOffer& offer) {
  const auto inside = formats(offer);
  const size_t format_count = offer.encodings().size();
  const size_t header_bytes = 13 + format_count;
  const auto header = UsbBytes()
                          .u8(UVC_VS_INPUT_HEADER)
                          .u8(format_count)
                          .u16(header_bytes + inside.size())
                          .u8(kStreamEndpoint)
                          .u8(0)  // formats do not change on their own
                          .u8(kOutputTerminal)
                          .zeros(3)  // no still pictures, no button
                          .u8(1)     // bytes for the controls of each format: none has any
                          .zeros(format_count)
                          .descriptor(kClassInterface);
  const auto endpoint = UsbBytes()
                            .u8(kStreamEndpoint)
                            .u8(USB_ENDPOINT_XFER_BULK)
                            .u16(512)  // bytes in a packet
                            .u8(0)
                            .descriptor(USB_DT_ENDPOINT);
  return UsbBytes()
      .bytes(interface(kStreamingInterface, 1, UVC_SC_VIDEOSTREAMING))
      .bytes(header)
      .bytes(inside)
      .bytes(endpoint)
      .get();
}

}  // namespace

std::vector<uint8_t> device_descriptor() {
  return UsbBytes()
      .u16(0x0200)         // USB 2.0
      .u8(USB_CLASS_MISC)  // with associations of interfaces
      .u8(2)
      .u8(1)
      .u8(64)       // bytes in a packet of the control endpoint
      .u16(0x1d6b)  // Linux Foundation
      .u16(0x0104)  // multifunction gadget
      .u16(0x0100)  // its version
      .u8(kManufacturerString)
      .u8(kProductString)
      .u8(kSerialString)
      .u8(1)  // configuration
      .descriptor(USB_DT_DEVICE);
}

std::vector<uint8_t> configuration_descriptor(const CameraOffer& offer) {
  const auto inside = UsbBytes()
                          .bytes(association())
                          .bytes(control_interface())
                          .bytes(streaming_interface(offer))
                          .get();
  const size_t header_bytes = 9;
  const auto header = UsbBytes()
                          .u16(header_bytes + inside.size())
                          .u8(2)  // interfaces
                          .u8(1)  // this configuration's number
                          .u8(kNoString)
                          .u8(USB_CONFIG_ATT_ONE)
                          .u8(250)  // 500 mA
                          .descriptor(USB_DT_CONFIG);
  return UsbBytes().bytes(header).bytes(inside).get();
}

std::vector<uint8_t> languages_descriptor() {
  return UsbBytes().u16(0x0409).descriptor(USB_DT_STRING);
}

std::vector<uint8_t> string_descriptor(std::string_view ascii) {
  UsbBytes utf16;
  for (const char letter : ascii) utf16.u16(static_cast<uint8_t>(letter));
  return utf16.descriptor(USB_DT_STRING);
}

}  // namespace fanlight
