// SPDX-License-Identifier: Apache-2.0
#include "tools/load/update_checker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/segments/check_update.h"
#include "core/segments/find_segments.h"
#include "core/segments/jpeg_head.h"

namespace fanlight {
namespace {

constexpr uint16_t kEndOfImage = 0xffd9;
// Of a JPEG of most viewers, so much is kept at a time until its head is complete.
constexpr size_t kHeadStep = 1024;

// A picture that is joined of segments must still be divided into them.
bool is_divided(std::string_view jpeg) {
  SegmentGrid grid;
  std::vector<Segment> segments;
  return find_segments(jpeg, grid, segments);
}

}  // namespace

UpdateChecker::UpdateChecker(bool joins) : joins_(joins) {
  if (joins) joined_.emplace(kPictureBytesMax);
}

UpdateChecker::Event UpdateChecker::read(std::string_view& bytes) {
  for (;;) {
    switch (messages_.read(bytes)) {
      case MessageReader::Event::none:
        return Event::none;
      case MessageReader::Event::piece:
        if (const Event event = on_piece(); event != Event::none) return event;
        break;
      case MessageReader::Event::ping:
        return Event::ping;
      case MessageReader::Event::closed:
        return Event::closed;
      case MessageReader::Event::failed:
        return fail(messages_.problem());
    }
  }
}

UpdateChecker::Event UpdateChecker::on_piece() {
  if (std::exchange(is_complete_, false)) part_ = {};
  const std::string_view piece = messages_.piece();
  part_.bytes += piece.size();
  if (!messages_.is_text()) return keep(piece);
  const std::string_view problem = pair_.take_text(piece, messages_.is_last());
  if (!problem.empty()) return fail(problem);
  return messages_.is_last() && !pair_.awaits_binary() ? on_empty_update() : Event::none;
}

UpdateChecker::Event UpdateChecker::keep(std::string_view piece) {
  binary_size_ += piece.size();
  if (binary_size_ > kPictureBytesMax) return fail("a picture too large");
  if (joins_) {
    binary_ += piece;
  } else {
    keep_head(piece);
  }
  for (const char c : piece.substr(piece.size() - std::min<size_t>(piece.size(), 2))) {
    last_bytes_ = static_cast<uint16_t>(last_bytes_ << 8 | static_cast<unsigned char>(c));
  }
  return messages_.is_last() ? on_binary_end() : Event::none;
}

// In small steps: most heads are small, and there are thousands of viewers.
void UpdateChecker::keep_head(std::string_view piece) {
  while (!piece.empty() && !has_head_ && binary_.size() < kHeadBytesMax) {
    binary_ += piece.substr(0, kHeadStep);
    piece.remove_prefix(std::min(piece.size(), kHeadStep));
    has_head_ = read_jpeg_head(binary_).has_value();
  }
}

UpdateChecker::Event UpdateChecker::on_empty_update() {
  const std::string_view refusal = check();
  return refusal.empty() ? complete(Kind::empty) : fail(refusal);
}

UpdateChecker::Event UpdateChecker::on_binary_end() {
  const std::string_view problem = pair_.end_binary();
  if (!problem.empty()) return fail(problem);
  const std::string_view refusal = check();
  if (!refusal.empty()) return fail(refusal);
  if (!message().update) std::swap(frame_, binary_);
  binary_.clear();
  binary_size_ = 0;
  has_head_ = false;
  return complete(message().update ? Kind::update : Kind::whole);
}

// The problem of the message and its JPEG; empty if there is none.
std::string_view UpdateChecker::check() {
  const bool has_jpeg = !message().update || !message().update->empty();
  if (has_jpeg && (!binary_.starts_with("\xff\xd8") || last_bytes_ != kEndOfImage)) {
    return "not a whole JPEG";
  }
  if (joins_) return join();
  if (!message().update) return {};
  if (message().update->base != base_) return "an update of a frame that is not the last one";
  return has_jpeg ? check_update(*message().update, frame_, binary_) : "";
}

std::string_view UpdateChecker::join() {
  if (!message().update) {
    joined_->take_whole(binary_, message().sequence);
    return {};
  }
  const std::string_view refusal = joined_->take_update(message(), binary_);
  if (!refusal.empty() || message().update->empty()) return refusal;
  part_.was_looked_at = true;
  std::string picture(joined_->size(), '\0');
  joined_->write(picture.data());
  return is_divided(picture) ? "" : "the joined picture is not whole";
}

UpdateChecker::Event UpdateChecker::complete(Kind kind) {
  kind_ = kind;
  is_complete_ = true;
  base_ = part_.sequence = message().sequence;
  part_.timestamp_us = message().timestamp.time_since_epoch().count();
  return Event::frame;
}

UpdateChecker::Event UpdateChecker::fail(std::string_view problem) {
  problem_ = problem;
  return Event::broken;
}

std::optional<uint64_t> UpdateChecker::hash() const {
  if (!joined_ || !joined_->sequence()) return std::nullopt;
  std::string picture(joined_->size(), '\0');
  joined_->write(picture.data());
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : picture) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace fanlight
