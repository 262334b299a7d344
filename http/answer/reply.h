// SPDX-License-Identifier: Apache-2.0
// Reply: the building blocks of answers, for dispatch.cpp, control.cpp and the *_reply.cpp.
#pragma once

#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/call.h"
#include "http/protocol/request.h"
#include "http/protocol/response.h"
#include "http/report/report.h"

namespace fanlight {

// Room in the output for the head of an answer whose body has the rest of it.
inline constexpr size_t kHeadBytesMax = 1024;

// The value of Retry-After.
inline constexpr int kRetryAfterSeconds = 5;

// The methods that the call's resource allows, as listed in Allow.
std::string_view allowed_methods(const Call& call) noexcept;

// The given head, and `body` unless the method is HEAD.
Reply reply(const Call& call, ResponseHead& head, std::string_view body) noexcept;

Reply reply_text(const Call& call, std::string_view type, std::string_view text) noexcept;

// What our pages may do (content_policy()). `style`: one more source of styles, or empty.
void add_page_fields(ResponseHead& head, std::string_view policy,
                     std::string_view style = {}) noexcept;

// Whether the client is a browser that requests something to display; other clients are programs.
bool wants_html(const Request& request) noexcept;

// One line of plain text, or a page for a browser. The connection is kept, unless the status means
// that the start of the next request is unknown. `reason` has at most 256 bytes.
// `retry_after`: in seconds, sent with 429 and 503.
Reply reply_error(const Call& call, int status, std::string_view reason,
                  int64_t retry_after = kRetryAfterSeconds) noexcept;

// A redirect to the same page without the slashes at the end of its path. The reference is relative
// (RFC 9110 section 10.2.2), so it stays below a proxy's path prefix; a query of up to 1 KB is
// kept.
Reply reply_redirect(const Call& call) noexcept;

// A report; `camera` is the index for reports on one camera.
Reply reply_report(const Call& call, Report report, std::string_view type, size_t camera) noexcept;

// Lists the servers that the camera's pictures came through, if any (RFC 9110 section 7.6.3): a
// relay that finds itself in the list knows that it is relaying its own camera.
void add_via(const Call& call, ResponseHead& head) noexcept;

}  // namespace fanlight
