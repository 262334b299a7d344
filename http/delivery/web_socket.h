// SPDX-License-Identifier: Apache-2.0
// WebSocket: an upgraded connection (RFC 6455): the frames of one or more cameras as messages.
//
// Each frame is a text message that describes it, followed by a binary message with the JPEG; one
// send carries both. Where the client requested updates, the JPEG may be one of what changed
// (UpdateCache). Every camera has its own Viewer, so each skips frames independently, and the
// cameras take turns, since a connection sends one frame at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/time.h"
#include "http/delivery/camera_choice.h"
#include "http/delivery/framing.h"
#include "http/delivery/update_cache.h"
#include "http/delivery/viewer.h"
#include "http/protocol/piece.h"
#include "http/protocol/web_socket_reader.h"

namespace fanlight {

class FrameSink;
struct ShardServices;

// What a client sends, and the answers to it. Most send nothing, so it exists only once a client
// has sent something.
// Owns: the buffers. Thread: its connection's shard.
struct WebSocketInput {
  WebSocketReader reader;
  bool pong_due = false;
  size_t pong_size = 0;
  std::array<char, kWebSocketControlBytesMax> pong;
  std::array<char, 2 + kWebSocketControlBytesMax> control;  // the pong being sent
  std::array<char, 256> received;
};

// Owns: its viewers, the update being sent, and what the client sends.
// Thread: its connection's shard.
// Invariants: viewers exist until leave(); at most one of them is sending; after close() only the
//   close frame is sent.
class WebSocket final : public Framing {
 public:
  // Creates a viewer with `options` for each camera; their frames go to `sink`.
  WebSocket(const CameraChoice& cameras, ViewerOptions options, FrameSink& sink,
            ShardServices& services) noexcept;
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  ~WebSocket();

  // Destroys them, except for the one that is sending, if any.
  void leave(const Viewer* sending = nullptr) noexcept;
  // Settles all viewers, the least recently served first. None is sending.
  void settle() noexcept;
  // This viewer's frame was sent: its memory is free, and the others are served before it is served
  // again.
  void note_served(const Viewer& viewer) noexcept;

  Piece wrap(const Viewer& viewer, const Frame& frame, bool is_last, Instant now) noexcept override;
  size_t size_of(const Viewer& viewer, const Frame& frame) noexcept override;

  // --- everything except frames ---

  // What the client sends; nullptr before take_input().
  WebSocketInput* input() noexcept { return input_; }
  WebSocketInput& take_input() noexcept;

  // Only the newest ping is answered (RFC 6455 section 5.5.3).
  void answer_ping(std::string_view payload) noexcept;
  void close(CloseCode code) noexcept;
  bool has_control() const noexcept {
    return close_due_ || (input_ != nullptr && input_->pong_due);
  }
  // The control frame to send now; requires has_control().
  Piece next_control() noexcept;
  bool is_closed() const noexcept { return closed_; }

  std::span<const Viewer* const> viewers() const noexcept {
    return std::span(viewers_).first(viewer_count_);
  }

 private:
  UpdateRef find_update(const Viewer& viewer, const Frame& frame) const noexcept;

  ShardServices& services_;
  WebSocketInput* input_ = nullptr;
  UpdateRef update_;  // being sent
  size_t viewer_count_ = 0;
  std::array<Viewer*, CameraChoice::kMax> viewers_;
  bool close_due_ = false;
  bool closed_ = false;  // close() was called
  CloseCode close_code_ = CloseCode::none;
  std::array<char, 4> close_frame_;
};

}  // namespace fanlight
