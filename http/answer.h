// SPDX-License-Identifier: Apache-2.0
// Answer: from a request to what is sent for it. No sockets here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/frame.h"
#include "core/time.h"
#include "http/admission.h"
#include "http/body.h"
#include "http/channel.h"
#include "http/client_address.h"
#include "http/piece.h"
#include "http/request.h"
#include "http/viewer.h"

namespace fanlight {

class CameraPanel;
class Shard;
class UstreamerFraming;
class WebSocket;

// What a connection does for a request.
struct Answer {
  enum class Kind : uint8_t {
    reply,         // send `piece`, then `body`, then the connection is kept or closed
    stream,        // send `piece`, then frames of `channel` as `viewer` says
    await_frame,   // wait for a frame of `channel` newer than `newer_than`, then ask again
    web_socket,    // send `piece`, then what `web_socket` says
    await_camera,  // hand the body to the camera's thread by `panel`, then answer_for_camera()
    await_body,    // wait until `body` is prepared, then answer_for_body()
  };
  Kind kind = Kind::reply;
  bool keep_alive = true;
  bool chunked = false;          // `body` is sent in chunks (HTTP/1.1)
  Piece piece;                   // in the given output, constant memory, or `frame`
  const Frame* frame = nullptr;  // pinned in `channel` until the piece is sent
  Body* body = nullptr;          // owned by the connection from now on
  Channel* channel = nullptr;
  WebSocket* web_socket = nullptr;      // owned by the connection from now on
  UstreamerFraming* framing = nullptr;  // likewise
  ViewerOptions viewer;
  ViewerPlace place;   // of a stream
  PeerAddress client;  // of a stream: whom it is for
  uint64_t newer_than = 0;
  CameraPanel* panel = nullptr;
};

// How long a snapshot waits for its frame: an idle camera has to be started for it.
inline constexpr Duration kSnapshotWait = 5s;
// How long a request may wait for its camera's thread, which may be held up in a driver.
inline constexpr Duration kControlWait = 5s;

// How long a client waits for a Body whose next bytes come from a disk, which may hang.
inline constexpr Duration kBodyWait = 10s;

enum class Waited : uint8_t { no, frame_came, in_vain };

// The answer to a well-formed request from `client`; the head is written into
// `output`. For a stream a place among the viewers has been taken (Admission).
Answer answer_request(Shard& shard, const ClientSocket& client, const Request& request,
                      std::span<char> output, Instant now, Waited waited) noexcept;

// Whether the request is to be answered with its body at hand; any other body is thrown away.
bool wants_body(Shard& shard, const Request& request) noexcept;

// What the camera's thread said to the request: the controls as they are now, or an error.
Answer answer_for_camera(Shard& shard, const ClientSocket& client, const Request& request,
                         std::span<char> output, int status, std::string_view words) noexcept;

// The answer for a body that is prepared, or was given up. Takes the body over, also for an error.
Answer answer_for_body(Shard& shard, const Request& request, std::span<char> output,
                       Body& body) noexcept;

// The error for a request that could not be read to its end; closes the connection. `request` is
// what is known of it: the method, because HEAD gets no body, and the version.
Answer answer_error(Shard& shard, int status, std::string_view reason, Request request,
                    std::span<char> output) noexcept;

}  // namespace fanlight
