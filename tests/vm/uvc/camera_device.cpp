// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/uvc/camera_device.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace fanlight {
namespace {

constexpr Duration kPlugRetry = 50ms;
constexpr size_t kSentBytesMax = 4096;  // to the camera, in one request

struct FaultName {
  std::string_view name;
  FrameFault fault;
};
constexpr FaultName kFaults[] = {{"corrupt", FrameFault::corrupt},
                                 {"truncate", FrameFault::truncated},
                                 {"no-tables", FrameFault::no_huffman_tables},
                                 {"pad", FrameFault::padded}};

}  // namespace

CameraDevice::CameraDevice(CameraOffer offer, std::function<void(std::string_view)> tell)
    : offer_(std::move(offer)), tell_(std::move(tell)), requests_(offer_) {}

void CameraDevice::command(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  const std::string_view value = word.size() < line.size() ? line.substr(word.size() + 1) : "";
  uint64_t count = 1;
  std::from_chars(value.data(), value.data() + value.size(), count);
  const auto* fault = std::ranges::find(kFaults, word, &FaultName::name);
  if (word == "plug") {
    plug();
  } else if (word == "unplug") {
    unplug();
  } else if (word == "offer") {
    offer(value);
  } else if (word == "stall") {
    frames_left_ = 0;
  } else if (word == "give") {
    frames_left_ = count;
  } else if (word == "go") {
    frames_left_ = kUnlimited;
  } else if (word == "flag") {
    flagged_frames_ = count;
  } else if (fault != std::end(kFaults)) {
    fault_ = fault->fault;
    faulty_frames_ = count;
  } else {
    throw std::invalid_argument(fmt::format("'{}' is none of\n{}", line, kHelp));
  }
}

void CameraDevice::offer(std::string_view what) {
  offer_.modes = CameraOffer().modes;
  if (what == "mjpeg") offer_.modes = offer_.modes_of(CameraEncoding::mjpeg);
  if (what == "yuyv") offer_.modes = offer_.modes_of(CameraEncoding::yuyv);
}

void CameraDevice::plug() {
  if (cable_) return;
  requests_ = CameraRequests(offer_);
  cable_ = plug_into_virtual_controller();
  wants_plug_ = !cable_;  // the port is not free again immediately
  if (cable_) tell_("plugged in");
}

void CameraDevice::unplug() {
  wants_plug_ = false;
  if (!cable_) return;
  shutdown(cable_.get(), SHUT_RDWR);
  cable_.reset();
  waiting_.clear();
  payloads_.abandon();
  told_streaming_ = false;
  tell_("unplugged");
}

Instant CameraDevice::wakes_at() const {
  if (wants_plug_) return next_frame_at_;
  if (!told_streaming_ || frames_left_ == 0 || !payloads_.is_done()) return kNever;
  return next_frame_at_;
}

void CameraDevice::on_time(Instant now) {
  if (now < next_frame_at_) return;
  if (wants_plug_) {
    next_frame_at_ = now + kPlugRetry;
    plug();
  } else if (told_streaming_ && frames_left_ > 0 && payloads_.is_done()) {
    begin_frame(now);
    send_payloads();
  }
}

void CameraDevice::begin_frame(Instant now) {
  if (frames_left_ != kUnlimited) --frames_left_;
  const FrameFault fault = faulty_frames_ > 0 ? fault_ : FrameFault::none;
  faulty_frames_ -= faulty_frames_ > 0;
  payloads_.begin(frames_.frame(requests_.mode(), ++frame_number_, fault), flagged_frames_ > 0);
  flagged_frames_ -= flagged_frames_ > 0;
  const Duration interval = requests_.frame_interval() * Duration(100);
  next_frame_at_ = std::max(next_frame_at_ + interval, now);
}

void CameraDevice::send_payloads() {
  while (cable_ && !waiting_.empty() && !payloads_.is_done()) {
    const Waiting request = waiting_.front();
    waiting_.pop_front();
    const auto payload = payloads_.next(std::min<size_t>(request.length, kPayloadBytesMax));
    write(usbip_answer(request.number, 0, payload.size(), payload));
  }
}

void CameraDevice::on_request() {
  UsbipHeader header;
  if (!read(header.data(), header.size())) return unplug();
  const UsbipRequest request = parse_usbip_request(header);
  if (request.is_unlink) return take_back(request);
  std::vector<uint8_t> sent(request.is_in ? 0 : request.length);
  if (sent.size() > kSentBytesMax || !read(sent.data(), sent.size())) return unplug();
  if (request.endpoint == 0) return answer_control(request, sent);
  waiting_.push_back({request.number, request.length});
  send_payloads();
}

void CameraDevice::answer_control(const UsbipRequest& request, const std::vector<uint8_t>& sent) {
  auto found = requests_.answer(request.setup, sent);
  if (!found) return write(usbip_answer(request.number, -EPIPE, 0));
  if (found->size() > request.length) found->resize(request.length);
  write(usbip_answer(request.number, 0, request.is_in ? found->size() : sent.size(), *found));
  tell_stream();
}

void CameraDevice::tell_stream() {
  if (requests_.is_streaming() == told_streaming_) return;
  told_streaming_ = requests_.is_streaming();
  frame_number_ = 0;
  next_frame_at_ = {};
  payloads_.abandon();
  if (!told_streaming_) return tell_("stopped");
  const CameraMode mode = requests_.mode();
  tell_(fmt::format("streaming {} {}x{}", mode.encoding == CameraEncoding::mjpeg ? "MJPEG" : "YUYV",
                    mode.width, mode.height));
}

void CameraDevice::take_back(const UsbipRequest& request) {
  const auto found = std::ranges::find(waiting_, request.unlinked, &Waiting::number);
  const bool was_waiting = found != waiting_.end();
  if (was_waiting) waiting_.erase(found);
  write(usbip_unlink_answer(request.number, was_waiting ? -ECONNRESET : 0));
}

bool CameraDevice::read(void* data, size_t count) {
  return count == 0 || recv(cable_.get(), data, count, MSG_WAITALL) == static_cast<ssize_t>(count);
}

void CameraDevice::write(const std::vector<uint8_t>& data) {
  size_t sent = 0;
  while (sent < data.size()) {
    const ssize_t count = send(cable_.get(), data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return unplug();
    sent += static_cast<size_t>(count);
  }
}

}  // namespace fanlight
