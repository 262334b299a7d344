// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/web_socket.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "http/delivery/channel.h"
#include "http/delivery/send_queue.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/web_socket_message.h"

namespace fanlight {

WebSocket::WebSocket(const CameraChoice& cameras, ViewerOptions options, FrameSink& sink,
                     ShardServices& services) noexcept
    : services_(services) {
  options.framing = this;
  for (const uint16_t camera : cameras.all()) {
    Viewer* viewer =
        services.socket_viewers.make(sink, services.channel(camera), options, services.now());
    CHECK(viewer != nullptr);  // each connection has CameraChoice::kMax
    viewers_[viewer_count_++] = viewer;
  }
}

WebSocket::~WebSocket() {
  CHECK(viewer_count_ == 0);
  if (input_ != nullptr) services_.web_socket_inputs.destroy(input_);
}

WebSocketInput& WebSocket::take_input() noexcept {
  if (input_ == nullptr) input_ = services_.web_socket_inputs.make();
  CHECK(input_ != nullptr);  // there is one per connection
  return *input_;
}

void WebSocket::leave(const Viewer* sending) noexcept {
  size_t kept = 0;
  for (Viewer* viewer : std::span(viewers_).first(viewer_count_)) {
    if (viewer == sending) {
      viewers_[kept++] = viewer;
    } else {
      services_.queue.withdraw(*viewer);
      services_.socket_viewers.destroy(viewer);
    }
  }
  viewer_count_ = kept;
}

void WebSocket::settle() noexcept {
  for (Viewer* viewer : std::span(viewers_).first(viewer_count_)) {
    services_.queue.settle(*viewer, services_.now());
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
  if (!viewer.options().updates || viewer.frames_sent() == 0) return {};
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
    if (viewer.is_sending_news()) stats.bytes_spared.add(frame.jpeg().size() - size);
    return {update_.bytes()};
  }
  return {viewer.channel().updates().description_of(frame), frame.jpeg()};
}

void WebSocket::answer_ping(std::string_view payload) noexcept {
  WebSocketInput& input = take_input();
  CHECK(payload.size() <= input.pong.size());
  std::copy(payload.begin(), payload.end(), input.pong.begin());
  input.pong_size = payload.size();
  input.pong_due = true;
}

void WebSocket::close(CloseCode code) noexcept {
  if (std::exchange(closed_, true)) return;
  close_code_ = code;
  close_due_ = true;
}

Piece WebSocket::next_control() noexcept {
  CHECK(has_control());
  if (close_due_) {
    close_due_ = false;
    if (input_ != nullptr) input_->pong_due = false;
    const size_t size = close_code_ == CloseCode::none ? 0 : 2;
    const auto code = static_cast<unsigned>(close_code_);
    write_frame_header(WebSocketOpcode::close, size, close_frame_.data());
    close_frame_[2] = static_cast<char>(code >> 8);
    close_frame_[3] = static_cast<char>(code & 0xff);
    return {{close_frame_.data(), 2 + size}};
  }
  WebSocketInput& input = *input_;
  input.pong_due = false;
  write_frame_header(WebSocketOpcode::pong, input.pong_size, input.control.data());
  std::copy_n(input.pong.begin(), input.pong_size, input.control.begin() + 2);
  return {{input.control.data(), 2 + input.pong_size}};
}

}  // namespace fanlight
