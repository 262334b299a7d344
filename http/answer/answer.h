// SPDX-License-Identifier: Apache-2.0
// Answer: what a connection does for a request.
#pragma once

#include <cstdint>

#include "core/frame.h"
#include "core/time.h"
#include "http/delivery/channel.h"
#include "http/delivery/viewer.h"
#include "http/protocol/body.h"
#include "http/protocol/piece.h"
#include "http/state/admission.h"
#include "io/peer_address.h"

namespace fanlight {

class CameraPanel;
class UstreamerFraming;
class WebSocket;

// What a connection keeps of an answer until the answer is complete.
struct AnswerState {
  enum class Kind : uint8_t {
    reply,         // send `piece`, then `body`, then keep or close the connection
    stream,        // send `piece`, then frames of `channel` according to `viewer`
    await_frame,   // wait for a frame of `channel` newer than `newer_than`, then answer again
    web_socket,    // send `piece`, then what `web_socket` produces
    await_camera,  // pass the body to the camera's thread by `panel`, then answer_for_camera()
    await_body,    // wait until `body` is prepared, then answer_for_body()
  };
  Kind kind = Kind::reply;
  bool keep_alive = true;
  bool chunked = false;          // `body` is sent in chunks (HTTP/1.1)
  const Frame* frame = nullptr;  // pinned in `channel` until the piece is sent
  Body* body = nullptr;          // the connection takes ownership
  Channel* channel = nullptr;
  WebSocket* web_socket = nullptr;      // the connection takes ownership
  UstreamerFraming* framing = nullptr;  // likewise
  ViewerOptions viewer;
  ViewerPlace place;   // of a stream
  PeerAddress client;  // of a stream: its client
  uint64_t newer_than = 0;
  CameraPanel* panel = nullptr;
};

struct Answer : AnswerState {
  Piece piece;  // in the given output, in constant memory, or in `frame`
};

// How long a snapshot waits for its frame: an idle camera must first be started.
inline constexpr Duration kSnapshotWait = 5s;
// How long a request may wait for its camera's thread, which may be blocked in a driver.
inline constexpr Duration kControlWait = 5s;

// How long a client waits for a Body whose next bytes come from a disk, which may hang.
inline constexpr Duration kBodyWait = 10s;

enum class Waited : uint8_t { no, frame_came, in_vain };

}  // namespace fanlight
