// SPDX-License-Identifier: Apache-2.0
// HttpFetch: asks an HTTP server for something, by libcurl, on the camera's thread and clock.
//
// libcurl does names, connecting, redirects, passwords, cookies, chunks, gzip and TLS. It never
// waits itself: it tells its sockets and its next timeout (libcurl-multi(3), "multi_socket"), and
// CameraClock::wait() waits for them, so that a stop works at once. Names are resolved by a thread
// of libcurl's, which is left to itself when nobody wants its answer any more (CURLOPT_QUICK_EXIT).
//
// What browsers bear is borne: a length or an encoding that makes no sense is ignored, and a 401
// that does not say how the password is wanted gets it as Basic (RFC 7617); each by asking once
// more. A peer that is gone without a word is found by the kernel (tcp(7), TCP_USER_TIMEOUT).
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

#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/time.h"

namespace fanlight {

// What matters here of an answer's head.
struct HttpAnswer {
  long status = 0;           // 0: none has come yet; of a body without a head none comes
  std::string content_type;  // empty when there is none
  std::string via;           // several fields are joined by commas
  std::string etag;
  std::string timestamp;  // X-Timestamp
  std::string sequence;   // X-Sequence
  // Of the body as the sink gets it; nothing when that is not known.
  std::optional<size_t> length;
};

// Owns: libcurl's handles and with them the sockets.
// Thread: the camera's, or main's before that one runs.
// Invariant: the sink is called within step() only, and what it throws comes out of step().
class HttpFetch {
 public:
  // Gets the bytes of the answer's body as they come; of an answer that redirects or asks for the
  // password there is none.
  using Sink = std::function<void(std::string_view bytes)>;

  static constexpr int kRedirectsMax = 10;
  // A peer that acknowledges nothing for so long is gone; a silent one is asked this often.
  static constexpr Duration kDeadPeerTimeout = 30s;
  static constexpr Duration kProbeAfter = 10s;
  static constexpr Duration kProbeEvery = 5s;

  // `url` is http or https, with user and password if need be. `timeout` limits the time to
  // connect, as long as step() is called. Throws std::invalid_argument when it is no such URL; no
  // text that is thrown has the password in it.
  HttpFetch(const std::string& url, CameraClock& clock, Duration timeout, Sink sink,
            const UpstreamOptions& options = {});
  HttpFetch(const HttpFetch&) = delete;
  HttpFetch& operator=(const HttpFetch&) = delete;
  ~HttpFetch();

  // Asks; what is under way is given up. `etag`: only for what has another one (If-None-Match).
  void start(const std::string& etag = {});

  // Waits once and lets libcurl do what there is to do. Wake::ready when it did something, which
  // may be nothing that shows; otherwise why the wait ended. Throws std::system_error when the
  // server cannot be reached, or the connection breaks before the answer's end.
  Wake step(Instant deadline);

  // The answer has come to its end.
  bool is_done() const { return is_done_; }

  // The answer's head, complete once the sink was called or is_done().
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

  // What the head says of how its body is sent, and whether it wants a password.
  struct Framing {
    std::optional<size_t> length;
    bool is_length_bad = false;
    bool is_coded = false;
    bool is_challenge = false;
    std::string location;
  };

  static List make_list(const std::vector<std::string>& lines);
  void configure(Duration timeout);
  void configure_trust();
  void run();
  void give_up();
  bool can_bear(CURLcode code);
  bool wants_password_unasked() const;
  void on_head_end();
  void act(curl_socket_t fd, int events);
  void take_result();
  [[noreturn]] void fail(CURLcode code) const;
  void check(CURLMcode code) const;
  void on_header(std::string_view line);
  bool on_socket(curl_socket_t fd, int what);

  static size_t header_callback(char* bytes, size_t size, size_t count, void* self) noexcept;
  static size_t body_callback(char* bytes, size_t size, size_t count, void* self) noexcept;
  static int socket_made_callback(void*, curl_socket_t fd, curlsocktype) noexcept;
  static int socket_callback(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept;
  static int timer_callback(CURLM*, long timeout_ms, void* self) noexcept;

  CameraClock& clock_;
  Sink sink_;
  const std::string url_;
  const std::string shown_url_;  // without passwords
  const UpstreamOptions options_;
  HttpAnswer answer_;
  Framing framing_;
  std::array<Socket, CameraClock::kWaitsMax> sockets_{};
  Instant timer_ = kNever;     // when libcurl wants to be called, whatever its sockets do
  std::exception_ptr thrown_;  // by the sink
  bool is_done_ = false;
  bool is_running_ = false;  // the transfer is libcurl's
  bool has_password_ = false;
  bool sends_unasked_ = false;                 // the password, as Basic
  bool ignores_length_ = false;                // of this fetch
  bool ignores_encoding_ = false;              // of this fetch
  bool has_body_ = false;                      // the sink was called
  std::array<char, CURL_ERROR_SIZE> words_{};  // libcurl's own, of the last error
  List fields_;                                // must outlive the transfer, as the next one
  List common_fields_;                         // without those of the options
  Multi multi_;
  Easy easy_;
};

}  // namespace fanlight
