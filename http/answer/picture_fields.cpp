// SPDX-License-Identifier: Apache-2.0
#include "http/answer/picture_fields.h"

#include <fmt/core.h>

#include "http/answer/reply.h"

namespace fanlight {

int64_t captured_us(const Frame& frame) noexcept {
  return frame.info().captured_wall.time_since_epoch().count();
}

FrameTag::FrameTag(const Frame& frame) noexcept {
  const auto result = fmt::format_to_n(text_.data(), text_.size(), "\"{:x}-{:x}\"",
                                       frame.sequence(), captured_us(frame));
  size_ = result.size;
}

int status_by_conditions(const Request& request, const FrameTag& tag) noexcept {
  if (request.if_match.given() && !request.if_match.match_strongly(tag.etag())) return 412;
  return request.if_none_match.match_weakly(tag.etag()) ? 304 : 200;
}

void add_picture_fields(ResponseHead& head, const Frame& frame, const FrameTag& tag,
                        std::string_view cache_control) noexcept {
  const int64_t us = captured_us(frame);
  head.field("ETag: {}", tag.etag()).field("Cache-Control: {}", cache_control);
  head.field("X-Timestamp: {}.{:06}", us / 1'000'000, us % 1'000'000);
  head.field("X-Sequence: {}", frame.sequence());
}

Reply reply_pinned(const Call& call, ResponseHead& head, Channel& channel,
                   const Frame& frame) noexcept {
  Reply answer = reply(call, head, frame.jpeg());
  answer.channel = &channel;
  answer.frame = &frame;
  return answer;
}

}  // namespace fanlight
