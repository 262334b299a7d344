// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/web_socket.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/delivery/channel.h"
#include "http/delivery/send_queue.h"
#include "http/delivery/shard_services.h"
#include "http/protocol/text.h"

namespace fanlight {
namespace {

// First bytes of whole frames (RFC 6455 section 5.2): FIN and the opcode.
constexpr unsigned char kText = 0x81;
constexpr unsigned char kBinary = 0x82;
constexpr unsigned char kClose = 0x88;
constexpr unsigned char kPong = 0x8a;

constexpr size_t kHeaderBytesMax = 10;

// The header of a server's frame: never masked, the length in the shortest encoding.
size_t write_header(unsigned char first, uint64_t length, char* to) {
  const size_t extended = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
  const auto code = static_cast<char>(extended == 0 ? length : extended == 2 ? 126 : 127);
  *to++ = static_cast<char>(first);
  *to++ = code;
  for (size_t i = extended; i > 0; --i) *to++ = static_cast<char>(length >> (8 * (i - 1)) & 0xff);
  return 2 + extended;
}

// Describes a frame, as JSON.
size_t write_message(std::string_view camera, const FrameInfo& info, std::span<char> room) {
  const int64_t us = info.captured_wall.time_since_epoch().count();
  TextWriter text(room);
  text.add(R"({{"camera":"{}","sequence":{},"timestamp":{}.{:06})", camera, info.sequence,
           us / 1'000'000, us % 1'000'000);
  if (info.is_slate()) {
    text.add(R"(,"slate":")");
    text.add_json(info.slate_reason.view());
    text.add(R"(")");
  }
  text.add("}}");
  return text.size();
}

}  // namespace

bool CameraChoice::add(size_t camera) noexcept {
  const auto chosen = all();
  if (count_ == kMax || std::find(chosen.begin(), chosen.end(), camera) != chosen.end()) {
    return false;
  }
  cameras_[count_++] = static_cast<uint16_t>(camera);
  return true;
}

WebSocket::~WebSocket() {
  CHECK(viewer_count_ == 0);
}

void WebSocket::join(FrameSink& sink, ShardServices& services) noexcept {
  services_ = &services;
  for (const uint16_t camera : cameras_.all()) {
    Viewer* viewer =
        services.socket_viewers.make(sink, services.channel(camera), options_, services.now());
    CHECK(viewer != nullptr);  // each connection has CameraChoice::kMax
    viewers_[viewer_count_++] = viewer;
  }
}

void WebSocket::leave(const Viewer* sending) noexcept {
  size_t kept = 0;
  for (Viewer* viewer : std::span(viewers_).first(viewer_count_)) {
    if (viewer == sending) {
      viewers_[kept++] = viewer;
    } else {
      services_->queue.withdraw(*viewer);
      services_->socket_viewers.destroy(viewer);
    }
  }
  viewer_count_ = kept;
}

void WebSocket::settle() noexcept {
  for (Viewer* viewer : std::span(viewers_).first(viewer_count_)) {
    services_->queue.settle(*viewer, services_->now());
  }
}

void WebSocket::note_served(const Viewer& viewer) noexcept {
  const auto viewers = std::span(viewers_).first(viewer_count_);
  const auto served = std::find(viewers.begin(), viewers.end(), &viewer);
  CHECK(served != viewers.end());
  std::rotate(served, served + 1, viewers.end());
}

Piece WebSocket::wrap(const Viewer& viewer, const Frame& frame, bool, Instant) noexcept {
  // The message is stored after its header, whose size depends on the message's.
  const std::span<char> room = std::span(prefix_).subspan(kHeaderBytesMax);
  const size_t camera = services_->camera_of(viewer.channel());
  const size_t size = write_message(services_->state.camera_names[camera], frame.info(),
                                    room.first(room.size() - kHeaderBytesMax));
  std::array<char, kHeaderBytesMax> header;
  const size_t header_size = write_header(kText, size, header.data());
  char* begin = room.data() - header_size;
  std::copy_n(header.data(), header_size, begin);
  char* end = room.data() + size;
  end += write_header(kBinary, frame.jpeg().size(), end);
  return {{begin, static_cast<size_t>(end - begin)}, frame.jpeg()};
}

void WebSocket::answer_ping(std::string_view payload) noexcept {
  CHECK(payload.size() <= pong_.size());
  std::copy(payload.begin(), payload.end(), pong_.begin());
  pong_size_ = payload.size();
  pong_due_ = true;
}

void WebSocket::close(CloseCode code) noexcept {
  if (std::exchange(closed_, true)) return;
  close_code_ = code;
  close_due_ = true;
}

Piece WebSocket::next_control() noexcept {
  CHECK(has_control());
  if (close_due_) {
    close_due_ = pong_due_ = false;
    const size_t size = close_code_ == CloseCode::none ? 0 : 2;
    const auto code = static_cast<unsigned>(close_code_);
    write_header(kClose, size, control_.data());
    control_[2] = static_cast<char>(code >> 8);
    control_[3] = static_cast<char>(code & 0xff);
    return {{control_.data(), 2 + size}};
  }
  pong_due_ = false;
  write_header(kPong, pong_size_, control_.data());
  std::copy_n(pong_.begin(), pong_size_, control_.begin() + 2);
  return {{control_.data(), 2 + pong_size_}};
}

}  // namespace fanlight
