// SPDX-License-Identifier: Apache-2.0
// What the answers with one picture have in common: snapshots and numbered frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/frame.h"
#include "http/answer/answer.h"
#include "http/answer/call.h"
#include "http/protocol/request.h"
#include "http/protocol/response.h"

namespace fanlight {

// When it was captured, in microseconds of Unix time.
int64_t captured_us(const Frame& frame) noexcept;

// The validator of a frame: its number and its time of capture, since numbers begin again with the
// camera.
class FrameTag {
 public:
  explicit FrameTag(const Frame& frame) noexcept;
  // Quoted (RFC 9110 section 8.8.3).
  std::string_view etag() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 48> text_;
  size_t size_;
};

// 412 or 304 if the request's conditions say so (RFC 9110 section 13.2.2), else 200.
int status_by_conditions(const Request& request, const FrameTag& tag) noexcept;

// ETag, Cache-Control, X-Timestamp and X-Sequence.
void add_picture_fields(ResponseHead& head, const Frame& frame, const FrameTag& tag,
                        std::string_view cache_control) noexcept;

// The head, and the picture of `frame`, whose pin the reply takes over.
Reply reply_pinned(const Call& call, ResponseHead& head, Channel& channel,
                   const Frame& frame) noexcept;

}  // namespace fanlight
