// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/request.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/check.h"
#include "http/protocol/authority.h"
#include "http/protocol/token.h"

namespace fanlight {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// uri-host ":" port, as CONNECT names its destination (RFC 9112 section 3.2.3).
bool is_destination(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(colon) + 1, text.end(), is_digit) &&
         is_http_authority(text);
}

// Control characters that must not appear anywhere in a head (CR and LF are handled by the line
// scanner; HTAB is allowed in field values and checked elsewhere).
constexpr bool is_forbidden(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

Method method_of(std::string_view name) {
  if (name == "GET") return Method::get;
  if (name == "HEAD") return Method::head;
  if (name == "OPTIONS") return Method::options;
  if (name == "PATCH") return Method::patch;
  if (name == "POST") return Method::post;
  if (name == "CONNECT") return Method::connect;
  for (const std::string_view refused : {"PUT", "DELETE", "TRACE"}) {
    if (name == refused) return Method::refused;
  }
  return Method::unknown;
}

// Visits the options of a comma-separated list (RFC 9110 section 5.6.1).
template <class Visit>
void for_each_option(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    visit(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

QueryPair take_pair(std::string_view& query) noexcept {
  const size_t end = std::min(query.find('&'), query.size());
  const std::string_view pair = query.substr(0, end);
  query.remove_prefix(std::min(end + 1, query.size()));
  const size_t equals = std::min(pair.find('='), pair.size());
  return {pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size()))};
}

QueryValue query_value(std::string_view query, std::string_view name) noexcept {
  while (!query.empty()) {
    const QueryPair pair = take_pair(query);
    if (pair.name == name) return {true, pair.value};
  }
  return {};
}

bool RequestParser::fail(int status, std::string_view reason) noexcept {
  error_status_ = status;
  error_reason_ = reason;
  return false;
}

ParseStatus RequestParser::parse(std::string_view text) noexcept {
  CHECK(!complete_ && error_status_ == 0 && text.size() >= scanned_);
  const ParseStatus status = scan(text);
  if (!have_request_line_) note_method(text.substr(line_start_, scanned_ - line_start_));
  return status;
}

// Also for a request line that is never completed: an error for HEAD has no body either.
void RequestParser::note_method(std::string_view line) noexcept {
  const size_t end = line.find(' ');
  if (end != std::string_view::npos) request_.method = method_of(line.substr(0, end));
}

ParseStatus RequestParser::scan(std::string_view text) noexcept {
  while (scanned_ < text.size()) {
    const char c = text[scanned_];
    if (is_forbidden(c)) {
      fail(400, "control character in the request head");
      return ParseStatus::bad;
    }
    if (c == '\r') {
      if (scanned_ + 1 == text.size()) return ParseStatus::partial;  // its LF has not arrived yet
      if (text[scanned_ + 1] != '\n') {
        fail(400, "CR without LF");
        return ParseStatus::bad;
      }
      const std::string_view line = text.substr(line_start_, scanned_ - line_start_);
      scanned_ += 2;
      line_start_ = scanned_;
      if (!parse_line(line)) return ParseStatus::bad;
      if (complete_) return ParseStatus::done;
      continue;
    }
    if (c == '\n') {
      fail(400, "LF without CR");
      return ParseStatus::bad;
    }
    ++scanned_;
  }
  return ParseStatus::partial;
}

bool RequestParser::parse_line(std::string_view line) noexcept {
  if (!have_request_line_) {
    // RFC 9112 section 2.2: ignore an empty line before the request line.
    if (line.empty()) return true;
    have_request_line_ = true;
    return parse_request_line(line);
  }
  if (!line.empty()) return parse_field(line);
  return finish();
}

// method SP request-target SP HTTP-version (RFC 9112 section 3), with single spaces.
bool RequestParser::parse_request_line(std::string_view line) noexcept {
  note_method(line);
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return fail(400, "malformed request line");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  request_.method_name = method;
  request_.target = target;

  if (!is_token(method)) return fail(400, "malformed method");
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return fail(400, "malformed HTTP version");
  }
  if (version[5] != '1') return fail(505, "only HTTP/1.0 and HTTP/1.1 are supported");
  request_.minor_version = version[7] - '0';
  if (request_.method == Method::unknown) return fail(501, "unknown method");
  return parse_target(target);
}

// origin-form, absolute-form or, for CONNECT and OPTIONS only, authority-form and asterisk-form
// (RFC 9112 section 3.2).
bool RequestParser::parse_target(std::string_view target) noexcept {
  for (const char c : target) {
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f || c == '#') {
      return fail(400, "malformed request target");
    }
  }
  if (request_.method == Method::connect || target == "*") {
    request_.path = target;
    const bool may_be = request_.method == Method::connect ? is_destination(target)
                                                           : request_.method == Method::options;
    return may_be || fail(400, "malformed request target");
  }
  if (starts_with_ignoring_case(target, "http://")) {
    target.remove_prefix(7);
    const size_t authority = std::min(target.find_first_of("/?"), target.size());
    authority_ = target.substr(0, authority);
    if (!is_http_authority(authority_)) return fail(400, "malformed authority in the target");
    target.remove_prefix(authority);
    // An empty path is that of the root (RFC 9110 section 4.2.3).
    if (!target.starts_with('/')) {
      request_.path = "/";
      request_.query = target.substr(std::min<size_t>(1, target.size()));
      return true;
    }
  }
  return parse_path(target);
}

bool RequestParser::parse_path(std::string_view target) noexcept {
  const size_t question = std::min(target.find('?'), target.size());
  request_.path = target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
  if (!request_.path.starts_with('/') || !is_percent_encoded(request_.path)) {
    return fail(400, "malformed request target");
  }
  return true;
}

bool RequestParser::parse_field(std::string_view line) noexcept {
  if (line.front() == ' ' || line.front() == '\t') return fail(400, "folded header line");
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return fail(400, "header line without a colon");
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return fail(400, "malformed header name");
  return parse_known_field(name, trimmed(line.substr(colon + 1)));
}

bool RequestParser::parse_known_field(std::string_view name, std::string_view value) noexcept {
  if (equals_ignoring_case(name, "host")) {
    if (have_host_) return fail(400, "duplicate Host");
    have_host_ = true;
    if (!is_authority(value)) return fail(400, "malformed Host");
    request_.host = value;
  } else if (equals_ignoring_case(name, "content-length")) {
    return parse_content_length(value);
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    return parse_transfer_encoding(value);
  } else if (equals_ignoring_case(name, "connection")) {
    parse_connection(value);
  } else if (equals_ignoring_case(name, "expect")) {
    request_.expects_continue = equals_ignoring_case(value, "100-continue");
  } else if (equals_ignoring_case(name, "accept")) {
    if (request_.accept.empty()) request_.accept = value;
  } else if (equals_ignoring_case(name, "if-none-match")) {
    if (!request_.if_none_match.add_line(value)) return fail(400, "too many If-None-Match");
  } else if (equals_ignoring_case(name, "if-match")) {
    if (!request_.if_match.add_line(value)) return fail(400, "too many If-Match");
  } else if (equals_ignoring_case(name, "origin")) {
    if (have_origin_) return fail(400, "duplicate Origin");
    have_origin_ = true;
    request_.origin = value;
  } else if (equals_ignoring_case(name, "authorization")) {
    return parse_authorization(value);
  } else if (equals_ignoring_case(name, "content-type")) {
    if (request_.content_type.empty()) request_.content_type = value;
  } else if (equals_ignoring_case(name, "user-agent")) {
    request_.user_agent = value;
  } else if (!parse_proxy_field(name, value)) {
    return parse_web_socket_field(name, value);
  }
  return true;
}

// Of two, a proxy might have checked the other one.
bool RequestParser::parse_authorization(std::string_view value) noexcept {
  if (have_authorization_) return fail(400, "duplicate Authorization");
  have_authorization_ = true;
  request_.authorization = value;
  return true;
}

// Fields by which proxies report their client, or themselves: RFC 7239, RFC 9110 section 7.6.3, and
// the customary ones. False for any other field. Of several, the last was written by the nearest
// proxy.
bool RequestParser::parse_proxy_field(std::string_view name, std::string_view value) noexcept {
  if (equals_ignoring_case(name, "forwarded")) {
    request_.forwarded = value;
  } else if (equals_ignoring_case(name, "x-forwarded-for")) {
    request_.forwarded_for = value;
  } else if (equals_ignoring_case(name, "x-forwarded-host")) {
    request_.forwarded_host = value;
  } else if (!starts_with_ignoring_case(name, "x-forwarded-") &&
             !equals_ignoring_case(name, "x-real-ip") && !equals_ignoring_case(name, "via")) {
    return false;
  }
  request_.is_forwarded = true;
  return true;
}

bool RequestParser::parse_content_length(std::string_view value) noexcept {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) {
    return fail(400, "malformed Content-Length");
  }
  uint64_t length = 0;
  for (const char c : value) {
    if (length > (UINT64_MAX - 9) / 10) return fail(400, "Content-Length out of range");
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  if (have_content_length_ && length != request_.content_length) {
    return fail(400, "differing Content-Length");
  }
  have_content_length_ = true;
  request_.content_length = length;
  return true;
}

// Chunked is the one coding that every recipient must know. It may be applied only once, and as the
// last one (RFC 9112 sections 6.1 and 6.3).
bool RequestParser::parse_transfer_encoding(std::string_view value) noexcept {
  have_transfer_encoding_ = true;
  bool is_more_behind = false;
  for_each_option(value, [&](std::string_view coding) {
    if (coding.empty()) return;
    is_more_behind = is_more_behind || request_.is_chunked;
    request_.is_chunked = equals_ignoring_case(coding, "chunked");
    is_coding_known_ = is_coding_known_ && request_.is_chunked;
  });
  return !is_more_behind || fail(400, "malformed Transfer-Encoding");
}

void RequestParser::parse_connection(std::string_view value) noexcept {
  for_each_option(value, [this](std::string_view option) {
    if (equals_ignoring_case(option, "close")) wants_close_ = true;
    if (equals_ignoring_case(option, "keep-alive")) wants_keep_alive_ = true;
    if (equals_ignoring_case(option, "upgrade")) wants_upgrade_ = true;
  });
}

bool RequestParser::parse_web_socket_field(std::string_view name, std::string_view value) noexcept {
  if (equals_ignoring_case(name, "upgrade")) {
    for_each_option(value, [this](std::string_view protocol) {
      if (equals_ignoring_case(protocol, "websocket")) upgrade_web_socket_ = true;
    });
  } else if (equals_ignoring_case(name, "sec-websocket-key")) {
    if (have_web_socket_key_) return fail(400, "duplicate Sec-WebSocket-Key");
    have_web_socket_key_ = true;
    request_.web_socket_key = value;
  } else if (equals_ignoring_case(name, "sec-websocket-version")) {
    if (have_web_socket_version_) return fail(400, "duplicate Sec-WebSocket-Version");
    have_web_socket_version_ = true;
    request_.web_socket_version = value;
  }
  return true;
}

// A body that is not chunked last has no certain end (RFC 9112 section 6.3).
bool RequestParser::check_transfer_encoding() noexcept {
  if (have_content_length_) return fail(400, "both Content-Length and Transfer-Encoding");
  if (request_.minor_version == 0) return fail(400, "Transfer-Encoding in HTTP/1.0");
  if (!is_coding_known_) return fail(501, "only the transfer coding chunked is supported");
  return request_.is_chunked || fail(400, "empty Transfer-Encoding");
}

// After the empty line: checks that need all fields.
bool RequestParser::finish() noexcept {
  if (!have_host_ && request_.minor_version >= 1) return fail(400, "Host is missing");
  // RFC 9112 section 3.2.2: an absolute-form target overrides Host.
  if (!authority_.empty()) request_.host = authority_;
  if (have_transfer_encoding_ && !check_transfer_encoding()) return false;
  request_.upgrades_to_web_socket = wants_upgrade_ && upgrade_web_socket_;
  request_.keep_alive = !wants_close_ && (request_.minor_version >= 1 || wants_keep_alive_);
  request_.head_size = scanned_;
  complete_ = true;
  return true;
}

}  // namespace fanlight
