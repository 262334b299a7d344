// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/update_reader.h"

#include <utility>

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
  text_.clear();
  binary_.clear();
  awaits_binary_ = false;
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
  std::string& message = messages_->is_text() ? text_ : binary_;
  const size_t bytes_max = messages_->is_text() ? kUpdateMessageBytesMax : picture_bytes_max_;
  if (messages_->piece().size() > bytes_max - message.size()) return fail("a message too long");
  message += messages_->piece();
  if (!messages_->is_last()) return Event::none;
  return messages_->is_text() ? on_text_end() : on_binary_end();
}

UpdateReader::Event UpdateReader::on_text_end() {
  if (awaits_binary_) return fail("a message without its picture");
  const std::string_view problem = parse_update_message(text_, message_);
  text_.clear();
  if (!problem.empty()) return fail(problem);
  if (camera_.empty()) camera_ = message_.camera;
  if (message_.camera != camera_) return fail("a message about another camera");
  awaits_binary_ = !message_.update || !message_.update->empty();
  if (awaits_binary_) return Event::none;
  has_updates_ = true;
  const std::string_view refusal = joined_.take_update(message_, {});
  return refusal.empty() ? Event::repeat : fail(refusal);
}

UpdateReader::Event UpdateReader::on_binary_end() {
  if (!std::exchange(awaits_binary_, false)) return fail("a picture without its message");
  if (message_.update) {
    has_updates_ = true;
    const std::string_view refusal = joined_.take_update(message_, binary_);
    if (!refusal.empty()) return fail(refusal);
  } else {
    joined_.take_whole(binary_, message_.sequence);
  }
  binary_.clear();
  return Event::picture;
}

void UpdateReader::take(MultipartPart& part) {
  part.body.resize(joined_.size());
  joined_.write(reinterpret_cast<char*>(part.body.data()));
  part.captured.reset();
  if (message_.timestamp >= kCapturedMin) part.captured = message_.timestamp;
  part.sequence = message_.sequence;
  part.slate_reason = message_.slate.value_or("");
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
