// SPDX-License-Identifier: Apache-2.0
// UpdateReader: pictures out of what a Fanlight sends on a WebSocket with `?segments=1`
// (docs/api.md): whole frames, and updates that are joined with them. No pixel is decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/relay/multipart_reader.h"
#include "core/segments/joined_picture.h"
#include "core/segments/message_pair.h"
#include "core/web_socket/message_reader.h"

namespace fanlight {

// Owns: the picture, and the messages being received.
// Thread: one.
// Invariants: a picture is whole: each is either a frame as the server sent it, or joined of
//   updates that fit it, whose segments have all blocks: damage would stay until they are renewed,
//   and be passed on. After `damaged` and `closed`, bytes are ignored until restart().
class UpdateReader {
 public:
  enum class Event : uint8_t {
    none,     // all bytes are used
    picture,  // take() it
    repeat,   // an empty update: the picture is the current one
    damaged,  // problem(): this connection is of no more use
    closed,   // the server closes the connection
  };

  // Pictures of more than `picture_bytes_max` are damaged.
  explicit UpdateReader(size_t picture_bytes_max);

  // Before the first byte of a connection. The camera must be the same as before.
  void restart();

  // Takes the bytes that it uses off the front of `bytes`.
  Event read(std::string_view& bytes);
  void take(MultipartPart& part);

  std::string_view problem() const { return problem_; }  // a constant
  bool has_updates() const { return has_updates_; }      // one was received, ever
  // What must be sent to the server, since the last call: the answers to its pings and its close.
  std::string take_reply();

 private:
  Event on_message_part();
  Event on_empty_update();
  Event on_binary_end();
  Event fail(std::string_view problem);

  const size_t picture_bytes_max_;
  std::optional<MessageReader> messages_;
  MessagePair pair_;
  std::string binary_;
  JoinedPicture joined_;
  bool has_updates_ = false;
  std::string reply_;
  bool is_over_ = false;
  std::string_view problem_;
};

}  // namespace fanlight
