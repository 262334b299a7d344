// SPDX-License-Identifier: Apache-2.0
// Reply: what answers are made of. Used by those that decide what to say: dispatch.cpp, control.cpp
// and the *_reply.cpp.
#pragma once

#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/call.h"
#include "http/protocol/request.h"
#include "http/protocol/response.h"
#include "http/report/report.h"

namespace fanlight {

// What Retry-After says.
inline constexpr int kRetryAfterSeconds = 5;

// The methods that the call's resource takes, as Allow lists them.
std::string_view allowed_methods(const Call& call) noexcept;

// The head that was begun, and `body` unless the method is HEAD.
Answer reply(const Call& call, ResponseHead& head, std::string_view body) noexcept;

Answer reply_text(const Call& call, std::string_view type, std::string_view text) noexcept;

// What a page of ours may do (content_policy()). `style`: one more source of styles, or empty.
void add_page_fields(ResponseHead& head, std::string_view policy,
                     std::string_view style = {}) noexcept;

// Whether a browser asks, for something to show; everybody else is a program.
bool wants_html(const Request& request) noexcept;

// One line of plain text, or a page for a browser. The connection is kept, unless the status says
// that it is unclear where the next request begins. `reason` has at most 256 bytes.
Answer reply_error(const Call& call, int status, std::string_view reason) noexcept;

// To the same page without the slashes at the end of its path. The reference is relative (RFC 9110
// section 10.2.2), so it stays below the path prefix of a proxy; a query of up to 1 KB is kept.
Answer reply_redirect(const Call& call) noexcept;

// A report on the camera with this index, where it is one on a camera.
Answer reply_report(const Call& call, Report report, std::string_view type, size_t camera) noexcept;

// Says through which servers the camera's pictures came, if any (RFC 9110 section 7.6.3): a relay
// that finds itself there knows that it is its own camera.
void add_via(const Call& call, ResponseHead& head) noexcept;

}  // namespace fanlight
