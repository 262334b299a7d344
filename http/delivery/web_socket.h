// SPDX-License-Identifier: Apache-2.0
// WebSocket: a connection that was upgraded (RFC 6455): the frames of one or several cameras as
// messages.
//
// For each frame a text message that tells which it is, and behind it a binary one that is the
// JPEG; both go out in one send. Every camera has its own Viewer, so each skips frames for itself,
// and the cameras take turns, since a connection sends one frame at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/slab.h"
#include "core/time.h"
#include "http/delivery/framing.h"
#include "http/delivery/viewer.h"
#include "http/protocol/piece.h"
#include "http/protocol/web_socket_reader.h"

namespace fanlight {

class FrameSink;
struct ShardServices;

// Which cameras, in order; each once.
class CameraChoice {
 public:
  static constexpr size_t kMax = 16;

  // False when there are kMax already, or this camera is one of them.
  bool add(size_t camera) noexcept;
  std::span<const uint16_t> all() const noexcept { return std::span(cameras_).first(count_); }

 private:
  size_t count_ = 0;
  std::array<uint16_t, kMax> cameras_{};
};

// Owns: its viewers, what surrounds the frame that is being sent, and what the client sends.
// Thread: its connection's shard.
// Invariants: viewers exist from join() to leave(); at most one of them is sending; after
//   close() nothing but the close is sent.
class WebSocket final : public Framing {
 public:
  // `options`: of every viewer. Leaves its buffers untouched.
  WebSocket(const CameraChoice& cameras, const ViewerOptions& options) noexcept
      : cameras_(cameras), options_(options) {
    options_.framing = this;
  }
  ~WebSocket();

  // Makes a viewer for each camera, whose frames go to `sink`.
  void join(FrameSink& sink, ShardServices& services) noexcept;
  // Destroys them, but for the one that is sending, if any.
  void leave(const Viewer* sending = nullptr) noexcept;
  // Puts all of them where they belong, the one that was served longest ago first. None is sending.
  void settle() noexcept;
  // This viewer's frame was begun: it is served again after the others.
  void note_served(const Viewer& viewer) noexcept;

  Piece wrap(const Viewer& viewer, const Frame& frame, bool is_last, Instant now) noexcept override;

  // --- what is not frames ---

  // Room for what the client sends; read it by `reader`.
  std::span<char> input() noexcept { return input_; }
  WebSocketReader reader;

  // The newest ping is the one that is answered (RFC 6455 section 5.5.3).
  void answer_ping(std::string_view payload) noexcept;
  void close(CloseCode code) noexcept;
  bool has_control() const noexcept { return close_due_ || pong_due_; }
  // The control frame that is to be sent now; has_control().
  Piece next_control() noexcept;
  bool is_closed() const noexcept { return closed_; }

  std::span<const Viewer* const> viewers() const noexcept {
    return std::span(viewers_).first(viewer_count_);
  }

 private:
  const CameraChoice cameras_;
  ViewerOptions options_;
  ShardServices* services_ = nullptr;  // from join() on
  size_t viewer_count_ = 0;
  std::array<Viewer*, CameraChoice::kMax> viewers_;
  bool pong_due_ = false;
  bool close_due_ = false;
  bool closed_ = false;  // close() was called
  CloseCode close_code_ = CloseCode::none;
  size_t pong_size_ = 0;
  std::array<char, WebSocketReader::kControlBytesMax> pong_;
  std::array<char, 2 + WebSocketReader::kControlBytesMax> control_;  // being sent
  std::array<char, 640> prefix_;                                     // of the frame being sent
  std::array<char, 256> input_;
};

}  // namespace fanlight
