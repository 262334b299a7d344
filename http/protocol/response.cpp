// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/response.h"

#include <cstring>

#include "core/printable.h"
#include "http/protocol/origin.h"

namespace fanlight {

std::string_view status_phrase(int status) noexcept {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string_view DateField::at(WallTime now) noexcept {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != second_) {
    constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{second - day};
    fmt::format_to_n(text_.data(), text_.size(), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday{day}.c_encoding()], unsigned(date.day()),
                     kMonths[unsigned(date.month()) - 1], int(date.year()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
    second_ = second;
  }
  return {text_.data(), text_.size()};
}

ResponseHead::ResponseHead(std::span<char> room, int status,
                           const ResponseContext& context) noexcept
    : room_(room), embedding_(context.embedding) {
  field("HTTP/1.{} {} {}", context.minor_version == 0 ? 0 : 1, status, status_phrase(status));
  field("Date: {}", context.date);
  const std::string_view fate = !context.keep_alive          ? "close"
                                : context.minor_version == 0 ? "keep-alive"
                                                             : "";
  if (status == 426) {
    // Upgrade is hop-by-hop, so Connection must list it (RFC 9110 section 7.8).
    field("Connection: {}{}Upgrade", fate, fate.empty() ? "" : ", ");
  } else if (!fate.empty()) {
    field("Connection: {}", fate);
  }
  if (context.varies_by_origin || context.varies_by_accept) {
    field("Vary: {}{}{}", context.varies_by_origin ? "Origin" : "",
          context.varies_by_origin && context.varies_by_accept ? ", " : "",
          context.varies_by_accept ? "Accept" : "");
  }
  add_cors_fields(context);
}

// Fetch standard, section 3.3 (CORS protocol). A page may read only the fields that are exposed to
// it, and a response to a request with cookies or a password only if its origin is named.
void ResponseHead::add_cors_fields(const ResponseContext& context) noexcept {
  if (context.cors_origin.empty()) return;
  field("Access-Control-Allow-Origin: {}", context.cors_origin);
  if (context.cors_origin != kAnyOrigin) field("Access-Control-Allow-Credentials: true");
  field("Access-Control-Expose-Headers: X-Timestamp, X-Sequence, X-Slate, ETag");
}

ResponseHead& ResponseHead::raw(std::string_view text) noexcept {
  CHECK(text.size() <= room_.size() - size_);
  std::memcpy(end(), text.data(), text.size());
  size_ += text.size();
  return *this;
}

ResponseHead& ResponseHead::foreign_field(std::string_view name, std::string_view value) noexcept {
  const size_t begin = size_;
  field("{}: {}", name, value);
  make_ascii(room_.subspan(begin, size_ - begin - kLineEnd.size()));
  return *this;
}

std::string_view ResponseHead::finish() noexcept {
  if (embedding_ != Embedding::unstated) {
    field("X-Content-Type-Options: nosniff");
    field("Cross-Origin-Resource-Policy: {}",
          embedding_ == Embedding::any ? "cross-origin" : "same-origin");
  }
  raw(kLineEnd);
  return {room_.data(), size_};
}

}  // namespace fanlight
