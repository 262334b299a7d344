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
#include "http/delivery/framing.h"
#include "http/delivery/update_cache.h"
#include "http/delivery/viewer.h"
#include "http/delivery/web_socket_message.h"
#include "http/protocol/piece.h"
#include "http/protocol/web_socket_reader.h"

namespace fanlight {

class FrameSink;
struct ShardServices;

// The chosen cameras, in order, without duplicates.
class CameraChoice {
 public:
  static constexpr size_t kMax = 16;

  // False if there are kMax already, or this camera is one of them.
  bool add(size_t camera) noexcept;
  std::span<const uint16_t> all() const noexcept { return std::span(cameras_).first(count_); }

 private:
  size_t count_ = 0;
  std::array<uint16_t, kMax> cameras_{};
};

// Owns: its viewers, what surrounds the frame being sent, and what the client sends.
// Thread: its connection's shard.
// Invariants: viewers exist from join() to leave(); at most one of them is sending; after close()
//   only the close frame is sent.
class WebSocket final : public Framing {
 public:
  // `options`: for every viewer. Leaves its buffers untouched.
  WebSocket(const CameraChoice& cameras, const ViewerOptions& options) noexcept
      : cameras_(cameras), options_(options) {
    options_.framing = this;
  }
  ~WebSocket();

  // Creates a viewer for each camera; their frames go to `sink`.
  void join(FrameSink& sink, ShardServices& services) noexcept;
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

  // Room for what the client sends; `reader` parses it.
  std::span<char> input() noexcept { return input_; }
  WebSocketReader reader;

  // Only the newest ping is answered (RFC 6455 section 5.5.3).
  void answer_ping(std::string_view payload) noexcept;
  void close(CloseCode code) noexcept;
  bool has_control() const noexcept { return close_due_ || pong_due_; }
  // The control frame to send now; requires has_control().
  Piece next_control() noexcept;
  bool is_closed() const noexcept { return closed_; }

  std::span<const Viewer* const> viewers() const noexcept {
    return std::span(viewers_).first(viewer_count_);
  }

 private:
  UpdateRef find_update(const Viewer& viewer, const Frame& frame) const noexcept;

  const CameraChoice cameras_;
  ViewerOptions options_;
  ShardServices* services_ = nullptr;  // set by join()
  size_t viewer_count_ = 0;
  std::array<Viewer*, CameraChoice::kMax> viewers_;
  bool pong_due_ = false;
  bool close_due_ = false;
  bool closed_ = false;  // close() was called
  CloseCode close_code_ = CloseCode::none;
  size_t pong_size_ = 0;
  std::array<char, WebSocketReader::kControlBytesMax> pong_;
  std::array<char, 2 + WebSocketReader::kControlBytesMax> control_;  // being sent
  std::array<char, kPrefixMax> prefix_;                              // of the frame being sent
  UpdateRef update_;                                                 // being sent
  std::array<char, 256> input_;
};

}  // namespace fanlight
