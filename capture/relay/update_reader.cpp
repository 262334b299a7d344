// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/update_reader.h"

#include <span>
#include <utility>

#include "capture/jpeg/jpeg_coefficients.h"
#include "core/web_socket/client_frame.h"

namespace fanlight {
namespace {

// As with X-Timestamp: earlier ones are of a clock that was never set.
constexpr WallTime kCapturedMin{std::chrono::seconds(1'000'000'000)};

}  // namespace

UpdateReader::UpdateReader(size_t picture_bytes_max)
    : picture_bytes_max_(picture_bytes_max), joined_(picture_bytes_max) {
  restart();
}

void UpdateReader::restart() {
  messages_.emplace();
  pair_.restart();
  binary_.clear();
  joined_.forget();
  reply_.clear();
  is_over_ = false;
  problem_ = {};
}

UpdateReader::Event UpdateReader::read(std::string_view& bytes) {
  while (!is_over_) {
    switch (messages_->read(bytes)) {
      case MessageReader::Event::none:
        return Event::none;
      case MessageReader::Event::piece:
        if (const Event event = on_message_part(); event != Event::none) return event;
        break;
      case MessageReader::Event::ping:  // only the newest needs a pong (RFC 6455 section 5.5.3)
        reply_ = make_client_frame(WebSocketOpcode::pong, messages_->control());
        break;
      case MessageReader::Event::closed:
        reply_ = make_client_frame(WebSocketOpcode::close, messages_->control().substr(0, 2));
        is_over_ = true;
        return Event::closed;
      case MessageReader::Event::failed:
        return fail(messages_->problem());
    }
  }
  bytes = {};
  return Event::none;
}

UpdateReader::Event UpdateReader::on_message_part() {
  const std::string_view piece = messages_->piece();
  if (messages_->is_text()) {
    const std::string_view problem = pair_.take_text(piece, messages_->is_last());
    if (!problem.empty()) return fail(problem);
    return messages_->is_last() && !pair_.awaits_binary() ? on_empty_update() : Event::none;
  }
  if (piece.size() > picture_bytes_max_ - binary_.size()) return fail("a message too long");
  binary_ += piece;
  return messages_->is_last() ? on_binary_end() : Event::none;
}

UpdateReader::Event UpdateReader::on_empty_update() {
  has_updates_ = true;
  const std::string_view refusal = joined_.take_update(pair_.message(), {});
  return refusal.empty() ? Event::repeat : fail(refusal);
}

UpdateReader::Event UpdateReader::on_binary_end() {
  const std::string_view problem = pair_.end_binary();
  if (!problem.empty()) return fail(problem);
  const UpdateMessage& message = pair_.message();
  if (message.update) {
    has_updates_ = true;
    const std::string_view refusal = joined_.take_update(message, binary_);
    if (!refusal.empty()) return fail(refusal);
    if (!has_all_blocks(std::as_bytes(std::span(binary_)))) {
      return fail("the segments of the atlas are damaged");
    }
  } else {
    joined_.take_whole(binary_, message.sequence);
  }
  binary_.clear();
  return Event::picture;
}

void UpdateReader::take(MultipartPart& part) {
  part.body.resize(joined_.size());
  joined_.write(reinterpret_cast<char*>(part.body.data()));
  const UpdateMessage& message = pair_.message();
  part.captured.reset();
  if (message.timestamp >= kCapturedMin) part.captured = message.timestamp;
  part.sequence = message.sequence;
  part.slate_reason = message.slate.value_or("");
}

std::string UpdateReader::take_reply() {
  return std::exchange(reply_, {});
}

UpdateReader::Event UpdateReader::fail(std::string_view problem) {
  problem_ = problem;
  is_over_ = true;
  return Event::damaged;
}

}  // namespace fanlight
