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
  update_.reset();
}

UpdateRef WebSocket::find_update(const Viewer& viewer, const Frame& frame) const noexcept {
  if (!options_.updates) return {};
  return viewer.channel().updates().get(frame, viewer.last_sequence());
}

size_t WebSocket::size_of(const Viewer& viewer, const Frame& frame) noexcept {
  const UpdateRef update = find_update(viewer, frame);
  return update ? update.bytes().size() : Framing::size_of(viewer, frame);
}

Piece WebSocket::wrap(const Viewer& viewer, const Frame& frame, bool, Instant) noexcept {
  update_ = find_update(viewer, frame);
  if (update_) {
    ChannelStats& stats = viewer.channel().stats();
    const size_t size = update_.bytes().size();
    stats.updates_sent.add();
    if (update_.is_empty()) stats.updates_empty.add();
    stats.update_bytes.add(size);
    if (size < frame.jpeg().size()) stats.bytes_spared.add(frame.jpeg().size() - size);
    return {update_.bytes()};
  }
  // The description is stored after its header, whose size depends on the description's.
  TextWriter text{std::span(prefix_).subspan(kFrameHeaderMax, kDescriptionMax)};
  describe_frame(viewer.channel().camera(), frame.info(), text);
  return {frame_description(prefix_, text.size(), frame.jpeg().size()), frame.jpeg()};
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
    write_frame_header(kCloseFrame, size, control_.data());
    control_[2] = static_cast<char>(code >> 8);
    control_[3] = static_cast<char>(code & 0xff);
    return {{control_.data(), 2 + size}};
  }
  pong_due_ = false;
  write_frame_header(kPongFrame, pong_size_, control_.data());
  std::copy_n(pong_.begin(), pong_size_, control_.begin() + 2);
  return {{control_.data(), 2 + pong_size_}};
}

}  // namespace fanlight
