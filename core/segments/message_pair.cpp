// SPDX-License-Identifier: Apache-2.0
#include "core/segments/message_pair.h"

namespace fanlight {

std::string_view MessagePair::take_text(std::string_view piece, bool is_last) {
  if (piece.size() > kUpdateMessageBytesMax - text_.size()) return "a message too long";
  text_ += piece;
  if (!is_last) return {};
  if (awaits_binary_) return "a message without its picture";
  const std::string_view problem = parse_update_message(text_, message_);
  text_.clear();
  if (!problem.empty()) return problem;
  if (camera_.empty()) camera_ = message_.camera;
  if (message_.camera != camera_) return "a message about another camera";
  awaits_binary_ = !message_.update || !message_.update->empty();
  return {};
}

void MessagePair::restart() {
  text_.clear();
  awaits_binary_ = false;
}

}  // namespace fanlight
