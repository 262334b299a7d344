// SPDX-License-Identifier: Apache-2.0
// UpdateChecker: reads a WebSocket with `?segments=1` (docs/api.md) of one viewer, and checks every
// frame and update.
//
// Of most viewers only the heads of the JPEGs are kept: they show whether an update fits. Of some,
// the pictures are joined, and checked to be whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/segments/joined_picture.h"
#include "core/segments/message_pair.h"
#include "core/web_socket/message_reader.h"
#include "tools/load/part_reader.h"

namespace fanlight {

// Owns: the messages being received, as far as they are kept, and the joined picture if any.
// Thread: one.
// Invariant: nothing is read after `broken` or `closed`.
class UpdateChecker {
 public:
  enum class Event : uint8_t {
    none,    // all bytes are used
    frame,   // a frame or an update is complete
    ping,    // the server must be sent control() in a pong
    closed,  // the server closes the connection
    broken,  // problem()
  };
  enum class Kind : uint8_t { whole, update, empty };

  // Larger pictures are a problem.
  static constexpr size_t kPictureBytesMax = 32 << 20;
  // A JPEG whose head is longer cannot be updated for most viewers: a colour profile may be as long
  // as one marker segment allows, beside the tables.
  static constexpr size_t kHeadBytesMax = 68 << 10;

  explicit UpdateChecker(bool joins);

  // Takes the bytes that it uses off the front of `bytes`.
  Event read(std::string_view& bytes);

  // Of the last frame: its size is that of the message and the JPEG.
  const PartReader::Part& part() const { return part_; }
  Kind kind() const { return kind_; }
  bool is_in_message() const { return part_.bytes > 0 && !is_complete_; }
  std::string_view control() const { return messages_.control(); }
  std::string_view problem() const { return problem_; }  // a constant

  // FNV-1a of the joined picture; nothing without one.
  std::optional<uint64_t> hash() const;

 private:
  const UpdateMessage& message() const { return pair_.message(); }
  Event on_piece();
  Event keep(std::string_view piece);
  void keep_head(std::string_view piece);
  Event on_empty_update();
  Event on_binary_end();
  std::string_view check();
  std::string_view join();
  Event complete(Kind kind);
  Event fail(std::string_view problem);

  const bool joins_;
  MessageReader messages_;
  PartReader::Part part_;
  Kind kind_ = Kind::whole;
  bool is_complete_ = false;
  MessagePair pair_;
  std::string binary_;  // it begins with the head; all of it if it is joined
  size_t binary_size_ = 0;
  bool has_head_ = false;         // `binary_` has the whole head
  uint16_t last_bytes_ = 0;       // the last two of the JPEG
  std::optional<uint64_t> base_;  // the last frame
  std::string frame_;             // begins with the head of the last whole one
  std::optional<JoinedPicture> joined_;
  std::string_view problem_;
};

}  // namespace fanlight
