// SPDX-License-Identifier: Apache-2.0
// Request: the head of an HTTP/1.x request, parsed as it arrives.
//
// The parser owns no memory: it reads the connection's own buffer, may be called again whenever
// bytes were added, and resumes where it stopped, so it looks at each byte of the head once. It is
// strict where leniency would let two servers disagree about the end of a request (RFC 9112
// sections 2.2, 5.1, 6.3; request smuggling), and it reads no byte after the head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/protocol/entity_tags.h"

namespace fanlight {

enum class Method : uint8_t {
  get,
  head,
  options,
  patch,
  post,     // to a stream, as some mjpg-streamer clients request it
  connect,  // refused too; its target is an authority
  refused,  // a method of RFC 9110 that no resource here allows: 405
  unknown,  // anything else: 501
};

// Views into the parsed buffer; valid as long as that memory is.
struct Request {
  Method method = Method::unknown;
  std::string_view method_name;         // as sent
  std::string_view target;              // as sent
  int minor_version = 1;                // of HTTP/1
  std::string_view path;                // of the target, as sent; "*" for OPTIONS *, and the
                                        // authority for CONNECT
  std::string_view query;               // after the '?'
  std::string_view accept;              // value of Accept, empty when absent
  EntityTags if_match;                  // values of If-Match
  EntityTags if_none_match;             // values of If-None-Match
  std::string_view host;                // of an absolute-form target, else the value of Host
  std::string_view origin;              // value of Origin (RFC 6454 section 7), empty when absent
  std::string_view content_type;        // value of Content-Type
  std::string_view authorization;       // value of Authorization, empty when absent
  std::string_view forwarded;           // value of the last Forwarded (RFC 7239)
  std::string_view user_agent;          // value of User-Agent, for the log
  std::string_view forwarded_for;       // value of the last X-Forwarded-For
  std::string_view forwarded_host;      // value of the last X-Forwarded-Host
  bool is_forwarded = false;            // a proxy marked it as sent for another client
  std::string_view web_socket_key;      // value of Sec-WebSocket-Key
  std::string_view web_socket_version;  // value of Sec-WebSocket-Version
  bool upgrades_to_web_socket = false;  // by Upgrade and Connection (RFC 6455 section 4.2.1)
  std::string_view body;                // after the head; empty unless RequestParser::take_body()
  bool keep_alive = true;               // what the client wants (RFC 9112 section 9.3)
  bool expects_continue = false;        // Expect: 100-continue (RFC 9110 section 10.1.1)
  uint64_t content_length = 0;          // bytes of body after the head; of a chunked one that is
                                        // kept, known when it is complete
  bool is_chunked = false;              // the body has Transfer-Encoding: chunked
  size_t head_size = 0;                 // bytes up to and including the empty line
};

// A parameter of a query, `name=value` or `name`. Nothing is decoded: all parameters known here are
// numbers and plain words.
struct QueryPair {
  std::string_view name;
  std::string_view value;  // also empty without a '='
};
// Removes the first one from `query`, which is not empty. "&&" contains an empty one.
QueryPair take_pair(std::string_view& query) noexcept;

// The value of `name` in a query; `found` is false if it is absent. The first one counts; where a
// second one is an error, parse_parameters() reports it.
struct QueryValue {
  bool found = false;
  std::string_view value;
};
QueryValue query_value(std::string_view query, std::string_view name) noexcept;

enum class ParseStatus : uint8_t { done, partial, bad };

// Owns: its progress.
// Thread: one.
// Invariant: between reset() calls each parse() is given the bytes of the previous one, and more.
class RequestParser {
 public:
  // `text` begins with the request. done: request() is complete. bad: error_status() gives the
  // reason, and the connection cannot be used any further.
  ParseStatus parse(std::string_view text) noexcept;

  // The request's body is in the caller's buffer, like the head.
  void take_body(std::string_view body) noexcept {
    request_.body = body;
    request_.content_length = body.size();
  }

  // Prepares for the next request on the connection.
  void reset() noexcept { *this = RequestParser(); }

  const Request& request() const noexcept { return request_; }
  // 400, 501 or 505; the caller returns 414 (buffer full). Valid after bad.
  int error_status() const noexcept { return error_status_; }
  // The reason as text, for the answer's body. Static lifetime. Valid after bad.
  std::string_view error_reason() const noexcept { return error_reason_; }
  // True while the request line is not complete.
  bool in_request_line() const noexcept { return !have_request_line_; }

 private:
  ParseStatus scan(std::string_view text) noexcept;
  void note_method(std::string_view line) noexcept;
  bool parse_line(std::string_view line) noexcept;
  bool parse_request_line(std::string_view line) noexcept;
  bool parse_target(std::string_view target) noexcept;
  bool parse_path(std::string_view target) noexcept;
  bool parse_field(std::string_view line) noexcept;
  bool parse_known_field(std::string_view name, std::string_view value) noexcept;
  bool parse_authorization(std::string_view value) noexcept;
  bool parse_proxy_field(std::string_view name, std::string_view value) noexcept;
  bool parse_content_length(std::string_view value) noexcept;
  bool parse_transfer_encoding(std::string_view value) noexcept;
  void parse_connection(std::string_view value) noexcept;
  bool parse_web_socket_field(std::string_view name, std::string_view value) noexcept;
  bool finish() noexcept;
  bool check_transfer_encoding() noexcept;
  bool fail(int status, std::string_view reason) noexcept;

  Request request_;
  std::string_view authority_;  // of an absolute-form target
  size_t scanned_ = 0;          // bytes read
  size_t line_start_ = 0;       // where the current line begins
  bool have_request_line_ = false;
  bool complete_ = false;
  bool have_host_ = false;
  bool have_origin_ = false;
  bool have_authorization_ = false;
  bool have_content_length_ = false;
  bool have_transfer_encoding_ = false;
  bool is_coding_known_ = true;
  bool have_web_socket_key_ = false;
  bool have_web_socket_version_ = false;
  bool wants_close_ = false;
  bool wants_keep_alive_ = false;
  bool wants_upgrade_ = false;       // Connection: upgrade
  bool upgrade_web_socket_ = false;  // Upgrade: websocket
  int error_status_ = 0;
  std::string_view error_reason_;
};

}  // namespace fanlight
