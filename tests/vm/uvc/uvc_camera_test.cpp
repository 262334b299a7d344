// SPDX-License-Identifier: Apache-2.0
// The parts of the emulated camera, each against its specification; how a kernel handles the whole
// is tested in a virtual machine.
#include <gtest/gtest.h>
#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/jpeg/jpeg_check.h"
#include "tests/vm/uvc/camera_frames.h"
#include "tests/vm/uvc/camera_offer.h"
#include "tests/vm/uvc/camera_requests.h"
#include "tests/vm/uvc/descriptors.h"
#include "tests/vm/uvc/frame_payloads.h"
#include "tests/vm/uvc/usbip.h"

namespace fanlight {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr CameraMode kMjpeg{CameraEncoding::mjpeg, 640, 480};
constexpr CameraMode kYuyv{CameraEncoding::yuyv, 320, 240};

size_t u16_at(const Bytes& bytes, size_t offset) {
  return bytes[offset] | static_cast<size_t>(bytes[offset + 1]) << 8;
}

// The descriptors contained in another one, in order.
std::vector<Bytes> split(const Bytes& bytes) {
  std::vector<Bytes> found;
  for (size_t offset = 0; offset < bytes.size(); offset += bytes[offset]) {
    const auto first = bytes.begin() + static_cast<ptrdiff_t>(offset);
    EXPECT_GE(bytes[offset], 2);
    EXPECT_LE(offset + bytes[offset], bytes.size());
    if (bytes[offset] < 2 || offset + bytes[offset] > bytes.size()) break;
    found.emplace_back(first, first + bytes[offset]);
  }
  return found;
}

size_t count_of(const std::vector<Bytes>& descriptors, uint8_t type, uint8_t subtype) {
  return static_cast<size_t>(std::ranges::count_if(
      descriptors, [&](const Bytes& bytes) { return bytes[1] == type && bytes[2] == subtype; }));
}

usb_ctrlrequest request(uint8_t type, uint8_t what, int value, int index) {
  usb_ctrlrequest made{};
  made.bRequestType = type;
  made.bRequest = what;
  made.wValue = static_cast<uint16_t>(value);
  made.wIndex = static_cast<uint16_t>(index);
  return made;
}

constexpr uint8_t kClassOut = USB_DIR_OUT | USB_TYPE_CLASS | USB_RECIP_INTERFACE;
constexpr uint8_t kClassIn = USB_DIR_IN | USB_TYPE_CLASS | USB_RECIP_INTERFACE;

Bytes wanted(uint8_t format, uint8_t frame, uint32_t interval) {
  uvc_streaming_control block{};
  block.bFormatIndex = format;
  block.bFrameIndex = frame;
  block.dwFrameInterval = interval;
  Bytes bytes(26);
  std::memcpy(bytes.data(), &block, bytes.size());
  return bytes;
}

uvc_streaming_control block_of(const Bytes& bytes) {
  uvc_streaming_control block{};
  std::memcpy(&block, bytes.data(), std::min(bytes.size(), sizeof block));
  return block;
}

TEST(Descriptors, LengthsAddUp) {
  const Bytes all = configuration_descriptor({});
  EXPECT_EQ(u16_at(all, 2), all.size());
  const auto parts = split(all);
  // From either header to the next interface or endpoint, as both headers state.
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool is_header = parts[i][1] == USB_DT_CS_INTERFACE &&
                           parts[i][2] == UVC_VC_HEADER;  // both have this number
    if (!is_header) continue;
    size_t length = 0;
    for (size_t j = i; parts[j][1] == USB_DT_CS_INTERFACE; ++j) length += parts[j].size();
    EXPECT_EQ(u16_at(parts[i], parts[i][0] == 13 ? 5 : 4), length);
  }
}

TEST(Descriptors, ListEveryMode) {
  const auto parts = split(configuration_descriptor({}));
  EXPECT_EQ(count_of(parts, USB_DT_CS_INTERFACE, UVC_VS_FRAME_MJPEG), 2u);
  // The processing unit has the same number as a frame of uncompressed video.
  EXPECT_EQ(count_of(parts, USB_DT_CS_INTERFACE, UVC_VS_FRAME_UNCOMPRESSED), 3u);
  EXPECT_EQ(parts.back()[1], USB_DT_ENDPOINT);
  EXPECT_EQ(parts.back()[2], kStreamEndpoint);
}

TEST(Descriptors, TextsAreUtf16) {
  EXPECT_EQ(string_descriptor("Hi"), (Bytes{6, USB_DT_STRING, 'H', 0, 'i', 0}));
  EXPECT_EQ(device_descriptor().size(), 18u);
  EXPECT_EQ(device_descriptor()[0], 18);
}

TEST(Requests, DescriptorsAreRead) {
  CameraRequests camera{CameraOffer{"A camera", "7", {kMjpeg}}};
  const auto read = [&](int type, int index) {
    return camera.answer(request(USB_DIR_IN, USB_REQ_GET_DESCRIPTOR, type << 8 | index, 0), {});
  };
  EXPECT_EQ(read(USB_DT_DEVICE, 0), device_descriptor());
  EXPECT_EQ(read(USB_DT_CONFIG, 0), configuration_descriptor({"", "", {kMjpeg}}));
  EXPECT_EQ(read(USB_DT_STRING, kProductString), string_descriptor("A camera"));
  EXPECT_EQ(read(USB_DT_STRING, kSerialString), string_descriptor("7"));
  EXPECT_EQ(read(USB_DT_STRING, 9), std::nullopt);
  EXPECT_EQ(read(USB_DT_BOS, 0), std::nullopt);
}

TEST(Requests, NegotiationGrantsTheNearestMode) {
  CameraRequests camera{{}};
  const int probe = UVC_VS_PROBE_CONTROL << 8;
  // YUYV in its second size, at 12 fps.
  const Bytes proposal = wanted(2, 2, 800000);
  ASSERT_EQ(camera.answer(request(kClassOut, UVC_SET_CUR, probe, kStreamingInterface), proposal),
            Bytes{});
  const auto granted =
      camera.answer(request(kClassIn, UVC_GET_CUR, probe, kStreamingInterface), {});
  ASSERT_TRUE(granted);
  const uvc_streaming_control block = block_of(*granted);
  EXPECT_EQ(block.bFormatIndex, 2);
  EXPECT_EQ(block.bFrameIndex, 2);
  // Copies: the block is packed.
  EXPECT_EQ(uint32_t{block.dwFrameInterval}, 666666u);
  EXPECT_EQ(uint32_t{block.dwMaxVideoFrameSize}, kYuyv.bytes_max());
  EXPECT_EQ(uint32_t{block.dwMaxPayloadTransferSize}, kPayloadBytesMax);
  EXPECT_FALSE(camera.is_streaming());
}

TEST(Requests, UnknownModeBecomesTheFirst) {
  CameraRequests camera{{}};
  const int commit = UVC_VS_COMMIT_CONTROL << 8;
  for (const auto& [format, frame] : {std::pair{0, 0}, {3, 1}, {255, 255}}) {
    camera.answer(request(kClassOut, UVC_SET_CUR, commit, kStreamingInterface),
                  wanted(static_cast<uint8_t>(format), static_cast<uint8_t>(frame), 0));
    EXPECT_EQ(camera.mode(), kMjpeg);
  }
}

TEST(Requests, StreamsFromCommitToClear) {
  CameraRequests camera{CameraOffer{"", "", {kYuyv}}};
  camera.answer(request(kClassOut, UVC_SET_CUR, UVC_VS_COMMIT_CONTROL << 8, kStreamingInterface),
                wanted(1, 1, 333333));
  EXPECT_TRUE(camera.is_streaming());
  EXPECT_EQ(camera.mode(), kYuyv);
  EXPECT_EQ(camera.frame_interval(), 333333u);
  camera.answer(request(USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE, 0, kStreamEndpoint), {});
  EXPECT_FALSE(camera.is_streaming());
}

TEST(Requests, ControlsAreSetAndRead) {
  CameraRequests camera{{}};
  const int unit = kProcessingUnit << 8 | kControlInterface;
  const int brightness = UVC_PU_BRIGHTNESS_CONTROL << 8;
  EXPECT_EQ(camera.answer(request(kClassIn, UVC_GET_DEF, brightness, unit), {}), (Bytes{128, 0}));
  EXPECT_EQ(camera.answer(request(kClassOut, UVC_SET_CUR, brightness, unit), Bytes{99, 0}),
            Bytes{});
  EXPECT_EQ(camera.answer(request(kClassIn, UVC_GET_CUR, brightness, unit), {}), (Bytes{99, 0}));
  EXPECT_EQ(camera.answer(request(kClassIn, UVC_GET_MAX, brightness, unit), {}), (Bytes{255, 0}));
  const int hue = UVC_PU_HUE_CONTROL << 8;
  EXPECT_EQ(camera.answer(request(kClassIn, UVC_GET_CUR, hue, unit), {}), std::nullopt);
}

TEST(Payloads, AddUpToTheFrame) {
  FramePayloads payloads;
  EXPECT_TRUE(payloads.is_done());
  uint8_t last_id = 0;
  for (const size_t size : {1u, 998u, 999u, 5000u}) {
    Bytes frame(size);
    for (size_t i = 0; i < size; ++i) frame[i] = static_cast<uint8_t>(i * 7);
    payloads.begin(frame, false);
    Bytes received;
    while (!payloads.is_done()) {
      const Bytes payload = payloads.next(1000);
      ASSERT_LE(payload.size(), 1000u);
      EXPECT_EQ(payload[0], 2);  // bytes of header
      EXPECT_NE(payload[1] & UVC_STREAM_FID, last_id);
      EXPECT_EQ((payload[1] & UVC_STREAM_EOF) != 0, payloads.is_done());
      EXPECT_EQ(payload[1] & UVC_STREAM_ERR, 0);
      received.insert(received.end(), payload.begin() + 2, payload.end());
    }
    EXPECT_EQ(received, frame);
    last_id ^= UVC_STREAM_FID;
  }
}

TEST(Payloads, ErrorFlagIsOnEveryPayload) {
  FramePayloads payloads;
  payloads.begin(Bytes(2000), true);
  while (!payloads.is_done()) EXPECT_TRUE(payloads.next(1000)[1] & UVC_STREAM_ERR);
}

JpegCheck check(const Bytes& frame) {
  return check_jpeg(std::as_bytes(std::span(frame)));
}

// (clang 14 cannot compile std::ranges::search().)
bool contains(const Bytes& frame, std::string_view text) {
  return std::search(frame.begin(), frame.end(), text.begin(), text.end(),
                     [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }) != frame.end();
}

bool has_huffman_tables(const Bytes& frame) {
  return contains(frame, "\xff\xc4");
}

TEST(Frames, AreCompletePicturesWithTheirNumber) {
  CameraFrames frames;
  for (const uint64_t number : {uint64_t{1}, uint64_t{123456}}) {
    const Bytes frame = frames.frame(kMjpeg, number, FrameFault::none);
    EXPECT_TRUE(check(frame).ok()) << check(frame).problem;
    EXPECT_EQ(check(frame).width, 640);
    EXPECT_EQ(check(frame).size, frame.size());
    const std::string comment = "frame " + std::to_string(number);
    EXPECT_TRUE(contains(frame, comment));
  }
  EXPECT_EQ(frames.frame(kYuyv, 1, FrameFault::none).size(), kYuyv.bytes_max());
}

TEST(Frames, FaultsProduceTheDamageTheyName) {
  CameraFrames frames;
  // Every phase of the picture: a corrupt one must never be accepted.
  for (uint64_t number = 1; number <= 40; ++number) {
    EXPECT_FALSE(check(frames.frame(kMjpeg, number, FrameFault::corrupt)).ok());
  }
  EXPECT_FALSE(check(frames.frame(kMjpeg, 1, FrameFault::truncated)).ok());
  EXPECT_TRUE(has_huffman_tables(frames.frame(kMjpeg, 1, FrameFault::none)));
  EXPECT_FALSE(has_huffman_tables(frames.frame(kMjpeg, 1, FrameFault::no_huffman_tables)));
  const Bytes padded = frames.frame(kMjpeg, 1, FrameFault::padded);
  EXPECT_EQ(check(padded).size, padded.size() - 1000);
}

TEST(Usbip, ParsesRequests) {
  UsbipHeader header{};
  header[3] = 1;  // submit
  header[7] = 42;
  header[15] = 1;     // towards the host
  header[19] = 1;     // endpoint
  header[26] = 0x40;  // 16384 bytes
  header[40] = 0x80;
  header[41] = USB_REQ_GET_DESCRIPTOR;
  const UsbipRequest submit = parse_usbip_request(header);
  EXPECT_FALSE(submit.is_unlink);
  EXPECT_EQ(submit.number, 42u);
  EXPECT_TRUE(submit.is_in);
  EXPECT_EQ(submit.endpoint, 1);
  EXPECT_EQ(submit.length, 16384u);
  EXPECT_EQ(submit.setup.bRequest, USB_REQ_GET_DESCRIPTOR);
  header[3] = 2;
  header[23] = 41;
  EXPECT_TRUE(parse_usbip_request(header).is_unlink);
  EXPECT_EQ(parse_usbip_request(header).unlinked, 41u);
}

TEST(Usbip, RepliesAreBigEndian) {
  const Bytes data = {7, 8};
  const Bytes answer = usbip_answer(0x0102, -EPIPE, data.size(), data);
  ASSERT_EQ(answer.size(), kUsbipHeaderBytes + 2);
  EXPECT_EQ((Bytes{answer.begin(), answer.begin() + 8}), (Bytes{0, 0, 0, 3, 0, 0, 1, 2}));
  EXPECT_EQ((Bytes{answer.begin() + 20, answer.begin() + 28}),
            (Bytes{0xff, 0xff, 0xff, 0xe0, 0, 0, 0, 2}));
  EXPECT_EQ(answer.back(), 8);
  EXPECT_EQ(usbip_unlink_answer(1, 0)[3], 4);
}

}  // namespace
}  // namespace fanlight
