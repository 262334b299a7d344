// SPDX-License-Identifier: Apache-2.0
// HttpFetch: sends requests to an HTTP server with libcurl, on the camera's thread and clock.
//
// libcurl does names, connecting, redirects, passwords, cookies, chunks, gzip and TLS. It never
// waits itself: it reports its sockets and its next timeout (libcurl-multi(3), "multi_socket"), and
// CameraClock::wait() waits for them, so that a stop takes effect immediately. Names are resolved
// by a libcurl thread, which is abandoned when its result is no longer needed (CURLOPT_QUICK_EXIT).
//
// It tolerates what browsers tolerate, each by one repeated request: a length or an encoding that
// makes no sense is ignored, and a 401 without an authentication scheme gets the password as Basic
// (RFC 7617). The addresses of a name are tried one after another, in a random order each time: so
// relays share several upstreams, and none that accepts but does not answer is asked forever
// (CURLOPT_DNS_SHUFFLE_ADDRESSES). The kernel detects a peer that has silently gone away
// (peer_socket.h).
#pragma once

#include <curl/curl.h>

#include <array>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/relay/http_answer.h"
#include "capture/relay/web_socket_upgrade.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/time.h"

namespace fanlight {

// Owns: libcurl's handles and with them the sockets.
// Thread: the camera's, or main's before that one runs.
// Invariant: the sink is called only within step(), and step() rethrows its exceptions.
class HttpFetch {
 public:
  // Gets the bytes of the response's body as they arrive; responses that redirect or request the
  // password have none.
  using Sink = std::function<void(std::string_view bytes)>;

  static constexpr int kRedirectsMax = 10;

  // `url` is http or https, with user and password if needed. `timeout` limits the time to connect,
  // as long as step() is called. Throws std::invalid_argument when it is not such a URL; the
  // password never appears in an error text.
  HttpFetch(const std::string& url, CameraClock& clock, Duration timeout, Sink sink,
            const UpstreamOptions& options = {});
  HttpFetch(const HttpFetch&) = delete;
  HttpFetch& operator=(const HttpFetch&) = delete;
  ~HttpFetch();

  // Sends a request; one in progress is aborted. `etag`: only if it has changed (If-None-Match).
  void start(const std::string& etag = {});

  // Requests a WebSocket from `url`, which has the origin and the password of the constructor's. If
  // the answer has status 101, the sink gets what the server sends, until it hangs up. Any other
  // answer but a 401 is_done() with its head: its body is not received.
  void open_web_socket(const std::string& url);
  // Sends a frame of an open WebSocket, at the next step().
  void send(std::string_view frame);

  // Waits once and lets libcurl work. Returns Wake::ready when it did something, possibly without a
  // visible effect; otherwise why the wait ended. Throws std::system_error when the server cannot
  // be reached, or the connection breaks before the end of the response.
  Wake step(Instant deadline);

  // The response is complete.
  bool is_done() const { return is_done_; }

  // The response's head, complete once the sink was called or is_done().
  const HttpAnswer& answer() const { return answer_; }

 private:
  struct Socket {
    curl_socket_t fd = CURL_SOCKET_BAD;
    short events = 0;  // of poll(2)
  };
  template <class Handle, void (*Free)(Handle*)>
  struct Deleter {
    void operator()(Handle* handle) const { Free(handle); }
  };
  static void free_multi(CURLM* multi) { curl_multi_cleanup(multi); }
  using Multi = std::unique_ptr<CURLM, Deleter<CURLM, free_multi>>;
  using Easy = std::unique_ptr<CURL, Deleter<CURL, curl_easy_cleanup>>;
  using List = std::unique_ptr<curl_slist, Deleter<curl_slist, curl_slist_free_all>>;

  static List make_list(const std::vector<std::string>& lines);
  void configure(Duration timeout);
  void configure_trust();
  void run();
  void begin(std::vector<std::string> lines);
  void give_up();
  void attend_upload();
  bool can_bear(CURLcode code);
  bool wants_password_unasked() const;
  void on_head_end();
  void act(curl_socket_t fd, int events);
  void try_next_address();
  void take_result();
  [[noreturn]] void fail(CURLcode code) const;
  void check(CURLMcode code) const;
  void on_header(std::string_view line);
  bool on_socket(curl_socket_t fd, int what);

  static size_t header_callback(char* bytes, size_t size, size_t count, void* self) noexcept;
  static size_t body_callback(char* bytes, size_t size, size_t count, void* self) noexcept;
  static int socket_made_callback(void*, curl_socket_t fd, curlsocktype) noexcept;
  static int connected_callback(void* self, char*, char*, int, int) noexcept;
  static int socket_callback(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept;
  static int timer_callback(CURLM*, long timeout_ms, void* self) noexcept;

  CameraClock& clock_;
  Sink sink_;
  const std::string url_;
  std::string asked_url_;        // of the current request
  const std::string shown_url_;  // without passwords
  const UpstreamOptions options_;
  HttpAnswer answer_;
  HttpFraming framing_;
  std::array<Socket, CameraClock::kWaitsMax> sockets_{};
  Instant timer_ = kNever;     // when libcurl must be called, regardless of its sockets
  std::exception_ptr thrown_;  // by the sink
  std::optional<WebSocketUpgrade> upgrade_;  // of the current request
  bool is_refused_ = false;                  // the upgrade
  bool is_done_ = false;
  bool is_running_ = false;  // libcurl has the transfer
  bool is_connected_ = false;
  bool has_password_ = false;
  bool sends_unasked_ = false;                 // the password, as Basic
  bool ignores_length_ = false;                // for this fetch
  bool ignores_encoding_ = false;              // for this fetch
  bool has_body_ = false;                      // the sink was called
  std::array<char, CURL_ERROR_SIZE> words_{};  // libcurl's own text of the last error
  List fields_;                                // must outlive the transfer, like the next one
  List common_fields_;                         // without those from the options
  Multi multi_;
  Easy easy_;
};

}  // namespace fanlight
