// SPDX-License-Identifier: Apache-2.0
// WebSocketUpgrade: lets libcurl open a WebSocket (RFC 6455 section 4.1) and send on it.
//
// Debian 12 builds libcurl without WebSockets. But it takes any status 101 for the end of a head,
// and everything behind it for a body; and what an upload without a length yields is sent as it is.
// So redirects, passwords, cookies and TLS are those of every other request.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// Owns: the key of one request, and the bytes to send that libcurl has not taken.
// Thread: HttpFetch's.
// Invariant: between configure() and restore() it does not move, since libcurl calls it.
class WebSocketUpgrade {
 public:
  // The limit for bytes that wait; more are dropped: a server that sends pings and reads no pong.
  static constexpr size_t kWaitingMax = 4096;

  WebSocketUpgrade();
  WebSocketUpgrade(const WebSocketUpgrade&) = delete;
  WebSocketUpgrade& operator=(const WebSocketUpgrade&) = delete;

  // The request's fields, `Name: value`; one without a value tells libcurl not to send it.
  std::vector<std::string> fields() const;
  void configure(CURL* easy);
  static void restore(CURL* easy);  // for other requests

  // Whether a head with this status is the last one, and refuses the upgrade. Not one that libcurl
  // itself answers: a redirect, or a request for the password.
  static bool is_refused_by(long status) {
    return status >= 200 && (status < 300 || status >= 400) && status != 401;
  }
  // Whether this Sec-WebSocket-Accept is the answer to our key.
  bool is_accepted_by(std::string_view accept) const;

  void send(std::string_view bytes);
  // libcurl asks for bytes once the request is sent, and again after resume(). A request that it
  // repeats, after a redirect or with the password, is a new one.
  bool is_requested() const { return is_requested_; }
  void expect_request() { is_requested_ = false; }
  bool has_waiting() const { return !waiting_.empty(); }
  static void resume(CURL* easy);

 private:
  static size_t read_callback(char* room, size_t size, size_t count, void* self) noexcept;

  const std::string key_;
  std::string waiting_;
  bool is_requested_ = false;
};

}  // namespace fanlight
