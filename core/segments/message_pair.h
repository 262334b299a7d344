// SPDX-License-Identifier: Apache-2.0
// MessagePair: the text message about a frame, and whether its picture follows in a binary one
// (docs/api.md). For connections that carry one camera.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/segments/update_message.h"

namespace fanlight {

// Owns: the text being received, and the last message. Thread: one.
// Functions return a problem, in words, a constant, after which the connection is of no more use;
// empty if there is none.
class MessagePair {
 public:
  // A text message continues; `is_last`: it ends.
  std::string_view take_text(std::string_view piece, bool is_last);
  // A binary message has ended.
  std::string_view end_binary() {
    return std::exchange(awaits_binary_, false) ? "" : "a picture without its message";
  }
  // On a new connection. The camera must be the same as before.
  void restart();

  // The last text message that has ended; not yet complete while its picture is awaited.
  const UpdateMessage& message() const { return message_; }
  bool awaits_binary() const { return awaits_binary_; }

 private:
  std::string text_;
  UpdateMessage message_;
  std::string camera_;  // empty before the first message
  bool awaits_binary_ = false;
};

}  // namespace fanlight
