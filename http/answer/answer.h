// SPDX-License-Identifier: Apache-2.0
// Answer: what a connection does for a request: one of the seven structs below.
#pragma once

#include <chrono>
#include <cstdint>
#include <variant>

#include "core/frame.h"
#include "core/time.h"
#include "http/auth/password_desk.h"
#include "http/delivery/camera_choice.h"
#include "http/delivery/channel.h"
#include "http/delivery/update_cache.h"
#include "http/delivery/viewer.h"
#include "http/protocol/body.h"
#include "http/protocol/piece.h"
#include "http/state/admission.h"
#include "io/peer_address.h"

namespace fanlight {

class CameraPanel;
class Replay;
class UstreamerFraming;

// Send `piece`, which is in the given output, in constant memory, in `frame`, `update` or `replay`,
// then `body`; then keep or close the connection.
struct Reply {
  Piece piece;
  bool keep_alive = true;
  bool chunked = false;          // `body` is sent in chunks (HTTP/1.1)
  Body* body = nullptr;          // the connection takes ownership
  const Frame* frame = nullptr;  // pinned in `channel` until the piece is sent
  Replay* replay = nullptr;      // has the picture; the connection takes ownership
  Channel* channel = nullptr;
  UpdateRef update{};  // what `piece` refers to, if it is one
};

// A viewer's place, and the client that has it.
struct Seat {
  // An Instant in whole seconds, for which there is room without making a connection larger.
  using Second = std::chrono::time_point<Monotonic, std::chrono::duration<uint32_t>>;

  // Rounded up: at most a second late.
  void end_at(Instant instant) noexcept {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(instant.time_since_epoch());
    if (instant != kNever) ends = Second(Second::duration(static_cast<uint32_t>(seconds.count())));
  }
  bool may_end() const noexcept { return ends != Second::max(); }

  ViewerPlace place;
  PeerAddress client;
  Second ends = Second::max();  // when the right to watch does; max(): never
};
static_assert(sizeof(Seat) <= 40);

// Send `head`, then frames of `channel` according to `options`.
struct OpenStream {
  Piece head;
  Channel* channel = nullptr;
  Seat seat;
  ViewerOptions options;
  UstreamerFraming* framing = nullptr;  // the connection takes ownership, and of options.replay
};

// Send `head`, then frames of `cameras`, each to a viewer with `options`.
struct OpenWebSocket {
  Piece head;
  CameraChoice cameras;
  ViewerOptions options;
  Seat seat;
};

// Wait for a frame of `channel` newer than `newer_than`, then answer again.
struct AwaitFrame {
  Channel* channel = nullptr;
  uint64_t newer_than = 0;
};

// Pass the request's body to the camera's thread, then answer_for_camera().
struct AwaitCamera {
  CameraPanel* panel = nullptr;
  PeerAddress client;
};

// Wait until `body` is prepared, then answer_for_body().
struct AwaitBody {
  Body* body = nullptr;  // the connection takes ownership
};

// Have the password verified, then answer again, or answer_for_login(). The credentials are in the
// given output.
struct AwaitPassword {
  PasswordOrder order;
};

using Answer = std::variant<Reply, OpenStream, OpenWebSocket, AwaitFrame, AwaitCamera, AwaitBody,
                            AwaitPassword>;

// How long a snapshot waits for its frame: an idle camera must first be started.
inline constexpr Duration kSnapshotWait = 5s;
// How long a request may wait for its camera's thread, which may be blocked in a driver.
inline constexpr Duration kControlWait = 5s;

// How long a login may take: PasswordDesk has many places, and a hash may take half a second.
inline constexpr Duration kLoginWait = 30s;

// How long a client waits for a Body whose next bytes come from a disk, which may hang.
inline constexpr Duration kBodyWait = 10s;

enum class Waited : uint8_t { no, frame_came, in_vain };

}  // namespace fanlight
