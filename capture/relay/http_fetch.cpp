// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/http_fetch.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "capture/relay/curl_calls.h"
#include "capture/relay/fetch_failure.h"
#include "capture/relay/fetch_url.h"
#include "capture/relay/peer_socket.h"
#include "capture/relay/redact_url.h"
#include "core/ascii.h"
#include "core/check.h"

namespace fanlight {
namespace {

// A stream of 100 KB pictures should not take ten calls for each picture.
constexpr long kReceiveBytes = 128 << 10;

}  // namespace

HttpFetch::List HttpFetch::make_list(const std::vector<std::string>& lines) {
  List list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list.release();
    list.reset(longer);
  }
  return list;
}

HttpFetch::HttpFetch(const std::string& url, CameraClock& clock, Duration timeout, Sink sink,
                     const UpstreamOptions& options)
    : clock_(clock),
      sink_(std::move(sink)),
      url_(url),
      shown_url_(redact_url(url)),
      options_(options) {
  initialize_libcurl();
  has_password_ = has_user(url);
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (!multi_ || !easy_) check(CURLM_OUT_OF_MEMORY);
  set(multi_.get(), CURLMOPT_SOCKETFUNCTION, socket_callback);
  set(multi_.get(), CURLMOPT_SOCKETDATA, this);
  set(multi_.get(), CURLMOPT_TIMERFUNCTION, timer_callback);
  set(multi_.get(), CURLMOPT_TIMERDATA, this);
  configure(timeout);
  configure_trust();
}

HttpFetch::~HttpFetch() {
  give_up();
}

void HttpFetch::configure(Duration timeout) {
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 1L);
  set(easy, CURLOPT_MAXREDIRS, static_cast<long>(kRedirectsMax));
  // One connection for an endless stream: HTTP/2 has no advantage.
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Allows a body without a head, as sent by a pipe on a port (GStreamer's tcpserversink).
  set(easy, CURLOPT_HTTP09_ALLOWED, 1L);
  // Cookies are kept in memory, and returned to the server that set them.
  set(easy, CURLOPT_COOKIEFILE, "");
  // Cameras are reached directly: proxies, which http_proxy may name, are made for pages and hold
  // streams back.
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_USERAGENT, "fanlight");
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout / 1ms));
  set(easy, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
  set(easy, CURLOPT_BUFFERSIZE, kReceiveBytes);
  set(easy, CURLOPT_ERRORBUFFER, words_.data());
  set(easy, CURLOPT_SOCKOPTFUNCTION, socket_made_callback);
  set(easy, CURLOPT_PREREQFUNCTION, connected_callback);
  set(easy, CURLOPT_PREREQDATA, this);
  set(easy, CURLOPT_HEADERFUNCTION, header_callback);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, body_callback);
  set(easy, CURLOPT_WRITEDATA, this);
}

// A pin alone is enough: it identifies the key, so no one has to vouch for it, under any name.
void HttpFetch::configure_trust() {
  CURL* const easy = easy_.get();
  // OpenSSL's own variable, which libcurl leaves to its callers: private cameras have private
  // authorities.
  if (const char* file = std::getenv("SSL_CERT_FILE")) set(easy, CURLOPT_CAINFO, file);
  if (!options_.ca.empty()) {
    set(easy, CURLOPT_CAINFO, options_.ca.c_str());
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!options_.pin.empty()) set(easy, CURLOPT_PINNEDPUBLICKEY, options_.pin.c_str());
  const bool is_pin_enough = !options_.pin.empty() && options_.ca.empty();
  if (!options_.insecure && !is_pin_enough) return;
  set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

void HttpFetch::start(const std::string& etag) {
  give_up();
  upgrade_.reset();
  WebSocketUpgrade::restore(easy_.get());
  asked_url_ = url_;
  // Pictures are already compressed; a compressed response is decoded anyway.
  std::vector<std::string> lines{"Accept: */*", "Accept-Encoding: identity"};
  if (!etag.empty()) lines.push_back(fmt::format("If-None-Match: {}", etag));
  begin(std::move(lines));
}

void HttpFetch::open_web_socket(const std::string& url) {
  give_up();
  upgrade_.emplace();
  upgrade_->configure(easy_.get());
  asked_url_ = url;
  begin(upgrade_->fields());
}

void HttpFetch::send(std::string_view frame) {
  CHECK(upgrade_.has_value());
  upgrade_->send(frame);
}

void HttpFetch::begin(std::vector<std::string> lines) {
  common_fields_ = make_list(lines);
  lines.insert(lines.end(), options_.headers.begin(), options_.headers.end());
  fields_ = make_list(lines);
  ignores_length_ = false;
  ignores_encoding_ = false;
  has_body_ = false;
  run();
}

void HttpFetch::run() {
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_URL, asked_url_.c_str());
  set(easy, CURLOPT_HTTPHEADER, fields_.get());
  set(easy, CURLOPT_IGNORE_CONTENT_LENGTH, ignores_length_ ? 1L : 0L);
  set(easy, CURLOPT_ACCEPT_ENCODING, ignores_encoding_ ? nullptr : "");
  const unsigned long asked = CURLAUTH_BASIC | CURLAUTH_DIGEST;
  set(easy, CURLOPT_HTTPAUTH, static_cast<long>(sends_unasked_ ? CURLAUTH_BASIC : asked));
  answer_ = {};
  framing_ = {};
  is_done_ = false;
  is_refused_ = false;
  is_connected_ = false;
  if (upgrade_) upgrade_->expect_request();
  check(curl_multi_add_handle(multi_.get(), easy));
  is_running_ = true;
}

void HttpFetch::give_up() {
  if (is_running_) curl_multi_remove_handle(multi_.get(), easy_.get());
  is_running_ = false;
}

Wake HttpFetch::step(Instant deadline) {
  std::array<pollfd, CameraClock::kWaitsMax> waits;
  size_t count = 0;
  for (const Socket& socket : sockets_) {
    if (socket.fd != CURL_SOCKET_BAD) waits[count++] = {socket.fd, socket.events, 0};
  }
  const Wake wake = clock_.wait({waits.data(), count}, std::min(deadline, timer_));
  if (wake == Wake::stop) return wake;
  const bool is_timer_due = clock_.now() >= timer_;
  if (wake == Wake::ready) {
    for (const pollfd& socket : std::span(waits).first(count)) {
      if (socket.revents != 0) act(socket.fd, socket.revents);
    }
  }
  if (is_timer_due) {
    timer_ = kNever;
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  try_next_address();
  take_result();
  if (upgrade_ && is_running_) attend_upload();
  return wake == Wake::deadline && is_timer_due ? Wake::ready : wake;
}

// libcurl 7.88 does not finish a request whose upload is paused: it only reads no more. Without an
// answer, or behind a 101, the server has hung up; else libcurl repeats the request once resumed.
void HttpFetch::attend_upload() {
  const bool reads = std::any_of(sockets_.begin(), sockets_.end(), [](const Socket& socket) {
    return (socket.events & POLLIN) != 0;
  });
  if (upgrade_->is_requested() && !reads) {
    give_up();
    is_done_ = true;
    if (answer_.status != 101) fail(CURLE_GOT_NOTHING);
  } else if (upgrade_->has_waiting() || (answer_.status != 0 && !reads)) {
    WebSocketUpgrade::resume(easy_.get());
  }
}

// A socket that libcurl has closed in the meantime is no longer its own, and is ignored.
void HttpFetch::act(curl_socket_t fd, int events) {
  int bits = 0;
  if ((events & (POLLIN | POLLHUP)) != 0) bits |= CURL_CSELECT_IN;
  if ((events & POLLOUT) != 0) bits |= CURL_CSELECT_OUT;
  if ((events & (POLLERR | POLLNVAL)) != 0) bits |= CURL_CSELECT_ERR;
  int running = 0;
  check(curl_multi_socket_action(multi_.get(), fd, bits, &running));
}

// When a connection attempt fails, libcurl 7.88 takes the next address, but connects only the next
// time that it is called, for which it has no socket and no timer but that of the whole attempt.
void HttpFetch::try_next_address() {
  const bool waits = std::any_of(sockets_.begin(), sockets_.end(),
                                 [](const Socket& socket) { return socket.fd != CURL_SOCKET_BAD; });
  if (is_running_ && !is_connected_ && !waits) check(attend_all(multi_.get()));
}

void HttpFetch::take_result() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // before the handle's removal frees it
    curl_multi_remove_handle(multi_.get(), easy_.get());
    is_running_ = false;
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (code == CURLE_OK && wants_password_unasked()) {
      sends_unasked_ = true;
      return run();
    }
    if (can_bear(code)) return run();
    if (is_refused_) {
      is_done_ = true;
      return;
    }
    if (code != CURLE_OK) fail(code);
    is_done_ = true;
  }
}

// libcurl has no code of its own for a length that is not a number, and takes `12 bytes` for one;
// browsers ignore such a field.
bool HttpFetch::can_bear(CURLcode code) {
  const std::string_view words = words_.data();
  const bool is_refused =
      code == CURLE_WEIRD_SERVER_REPLY && words.find("Content-Length") != words.npos;
  if (is_refused || (code == CURLE_WRITE_ERROR && framing_.is_length_bad)) {
    return !std::exchange(ignores_length_, true);
  }
  if (code == CURLE_BAD_CONTENT_ENCODING && !has_body_) {
    return !std::exchange(ignores_encoding_, true);
  }
  return false;
}

bool HttpFetch::wants_password_unasked() const {
  return answer_.status == 401 && !framing_.is_challenge && has_password_ && !sends_unasked_;
}

void HttpFetch::fail(CURLcode code) const {
  long connect_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &connect_error);
  FetchFailure failure = describe_failure(code, static_cast<int>(connect_error));
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    long result = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &result);
    failure = {EKEYREJECTED, describe_certificate(result)};
  }
  if (code == CURLE_UNSUPPORTED_PROTOCOL && !framing_.location.empty()) {
    failure = {EPROTO, "it redirects to neither http:// nor https://"};
  }
  throw std::system_error(failure.error, std::system_category(),
                          fmt::format("{}: {}", shown_url_, failure.words));
}

// Failures of libcurl that are not our fault: memory, or a descriptor for its own use.
void HttpFetch::check(CURLMcode code) const {
  if (code == CURLM_OK) return;
  CHECK(code == CURLM_OUT_OF_MEMORY || code == CURLM_INTERNAL_ERROR);
  throw std::system_error(ENOMEM, std::system_category(),
                          fmt::format("{}: {}", shown_url_, curl_multi_strerror(code)));
}

// Called for each line of each head: there are several when the server redirects, or requests a
// password.
void HttpFetch::on_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    answer_ = {};
    framing_ = {};
  }
  if (line == "\r\n" || line == "\n") return on_head_end();
  read_field(line, answer_, framing_);
}

// libcurl sends its caller's fields to every host that a server redirects to; a key for this camera
// must not reach any other.
void HttpFetch::on_head_end() {
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
  if (!framing_.is_coded && !ignores_length_) answer_.length = framing_.length;
  is_refused_ = upgrade_ && WebSocketUpgrade::is_refused_by(answer_.status);
  if (upgrade_ && answer_.status >= 200) upgrade_->expect_request();
  if (upgrade_ && answer_.status == 101 && !upgrade_->is_accepted_by(answer_.accept)) {
    throw std::system_error(EPROTO, std::system_category(),
                            fmt::format("{}: its WebSocket is not the one asked for", shown_url_));
  }
  const bool redirects = answer_.status >= 300 && answer_.status < 400;
  if (options_.headers.empty() || !redirects || framing_.location.empty()) return;
  const char* url = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &url);
  if (url != nullptr && is_same_origin(url, framing_.location)) return;
  set(easy_.get(), CURLOPT_HTTPHEADER, common_fields_.get());
}

size_t HttpFetch::header_callback(char* bytes, size_t size, size_t count, void* self) noexcept {
  auto& fetch = *static_cast<HttpFetch*>(self);
  try {
    fetch.on_header({bytes, size * count});
    const bool stops =
        fetch.is_refused_ || (fetch.framing_.is_length_bad && !fetch.ignores_length_);
    return stops ? 0 : size * count;
  } catch (...) {
    fetch.thrown_ = std::current_exception();
    return 0;
  }
}

// Exceptions must not pass through libcurl. One thrown here ends the transfer.
size_t HttpFetch::body_callback(char* bytes, size_t size, size_t count, void* self) noexcept {
  auto& fetch = *static_cast<HttpFetch*>(self);
  try {
    if (fetch.wants_password_unasked()) return size * count;
    fetch.has_body_ = true;
    fetch.sink_({bytes, size * count});
    return size * count;
  } catch (...) {
    fetch.thrown_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

bool HttpFetch::on_socket(curl_socket_t fd, int what) {
  const auto known = std::find_if(sockets_.begin(), sockets_.end(),
                                  [&](const Socket& socket) { return socket.fd == fd; });
  const auto free = std::find_if(sockets_.begin(), sockets_.end(),
                                 [](const Socket& socket) { return socket.fd == CURL_SOCKET_BAD; });
  const auto place = known != sockets_.end() ? known : free;
  if (place == sockets_.end()) return false;
  if (what == CURL_POLL_REMOVE) {
    *place = {};
    return true;
  }
  place->fd = fd;
  if (is_connected_) expect_peer(fd);
  place->events = static_cast<short>(((what & CURL_POLL_IN) != 0 ? POLLIN : 0) |
                                     ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0));
  return true;
}

int HttpFetch::socket_made_callback(void*, curl_socket_t fd, curlsocktype) noexcept {
  prepare_socket(fd);
  return CURL_SOCKOPT_OK;
}

int HttpFetch::connected_callback(void* self, char*, char*, int, int) noexcept {
  static_cast<HttpFetch*>(self)->is_connected_ = true;
  return CURL_PREREQFUNC_OK;
}

int HttpFetch::socket_callback(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
  // One transfer has a handful: a resolver's, and one for each address tried at the same time.
  const bool has_place = static_cast<HttpFetch*>(self)->on_socket(fd, what);
  CHECK(has_place);
  return 0;
}

int HttpFetch::timer_callback(CURLM*, long timeout_ms, void* self) noexcept {
  auto& fetch = *static_cast<HttpFetch*>(self);
  fetch.timer_ = timeout_ms < 0 ? kNever : fetch.clock_.now() + timeout_ms * 1ms;
  return 0;
}

}  // namespace fanlight
