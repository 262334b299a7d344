// SPDX-License-Identifier: Apache-2.0
#include "capture/http_fetch.h"

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

#include "capture/redact_url.h"
#include "core/check.h"

namespace fanlight {
namespace {

// A stream of 100 KB pictures should not take ten calls for each.
constexpr long kReceiveBytes = 128 << 10;
// Of one field of a head; longer ones are cut, and judged by whoever reads them.
constexpr size_t kFieldMax = 1024;

// Not the text of the URL, because there may be a password in it.
void check_url(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  if (!parsed) throw std::bad_alloc();
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code == CURLUE_OK && (url.starts_with("http://") || url.starts_with("https://"))) return;
  throw std::invalid_argument(fmt::format(
      "{}: http://[USER:PASSWORD@]HOST[:PORT]/[PATH] is expected, special characters of "
      "the password as %XX: {}",
      redact_url(url), code == CURLUE_OK ? "no host" : curl_url_strerror(code)));
}

void initialize_libcurl() {
  // Threads may meet here: a static variable is initialized once (C++20, [stmt.dcl]).
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy, option, value);
  CHECK(result == CURLE_OK);
}

template <class Value>
void set(CURLM* multi, CURLMoption option, Value value) {
  const CURLMcode result = curl_multi_setopt(multi, option, value);
  CHECK(result == CURLM_OK);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// The value of the field `name: value` with that name (in lower case); nothing for another.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  for (size_t i = 0; i < name.size(); ++i) {
    if (lower(line[i]) != name[i]) return std::nullopt;
  }
  line.remove_prefix(name.size() + 1);
  constexpr std::string_view kBlanks = " \t\r\n";
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  line.remove_suffix(line.size() - (line.find_last_not_of(kBlanks) + 1));
  return line.substr(0, kFieldMax);
}

struct Failure {
  int error;
  std::string_view words;
};

// What went wrong, in the words of somebody who has a camera and no idea of libcurl.
Failure describe(CURLcode code, int connect_error) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {EHOSTUNREACH, "no host of this name is known"};
    case CURLE_COULDNT_CONNECT:
      return {connect_error != 0 ? connect_error : EHOSTUNREACH, "cannot connect"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ETIMEDOUT, "cannot connect"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {EKEYREJECTED,
              "its certificate is not trusted; SSL_CERT_FILE names a file of those that are"};
    case CURLE_SSL_CACERT_BADFILE:
      return {ENOENT, "the file of trusted certificates (SSL_CERT_FILE) cannot be read"};
    case CURLE_SSL_CONNECT_ERROR:
      return {EPROTO, "it does not speak TLS; try http:// instead"};
    case CURLE_TOO_MANY_REDIRECTS:
      return {EPROTO, "it redirects again and again"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // of an answer without a head, or of a redirect
    case CURLE_WEIRD_SERVER_REPLY:
      return {EPROTO, "what answers is no web server"};
    case CURLE_GOT_NOTHING:
      return {ECONNRESET, "it hangs up without an answer"};
    case CURLE_OUT_OF_MEMORY:
      return {ENOMEM, "no memory"};
    default:
      return {ECONNRESET, "the connection broke"};
  }
}

}  // namespace

HttpFetch::HttpFetch(const std::string& url, CameraClock& clock, Duration timeout, Sink sink)
    : clock_(clock), sink_(std::move(sink)), shown_url_(redact_url(url)) {
  initialize_libcurl();
  check_url(url);
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (!multi_ || !easy_) throw std::bad_alloc();
  set(multi_.get(), CURLMOPT_SOCKETFUNCTION, socket_callback);
  set(multi_.get(), CURLMOPT_SOCKETDATA, this);
  set(multi_.get(), CURLMOPT_TIMERFUNCTION, timer_callback);
  set(multi_.get(), CURLMOPT_TIMERDATA, this);
  configure(url, timeout);
}

HttpFetch::~HttpFetch() {
  if (is_running_) curl_multi_remove_handle(multi_.get(), easy_.get());
}

void HttpFetch::configure(const std::string& url, Duration timeout) {
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 1L);
  set(easy, CURLOPT_MAXREDIRS, static_cast<long>(kRedirectsMax));
  // One connection for a stream that never ends: HTTP/2 has nothing to offer.
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC | CURLAUTH_DIGEST));
  // A camera is asked without a detour: proxies, which http_proxy may name, are made for pages and
  // keep streams back.
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_USERAGENT, "fanlight");
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout / 1ms));
  set(easy, CURLOPT_BUFFERSIZE, kReceiveBytes);
  // OpenSSL's own variable, which libcurl leaves to its callers: private cameras have private
  // authorities.
  if (const char* file = std::getenv("SSL_CERT_FILE")) set(easy, CURLOPT_CAINFO, file);
  set(easy, CURLOPT_HEADERFUNCTION, header_callback);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, body_callback);
  set(easy, CURLOPT_WRITEDATA, this);
}

void HttpFetch::start(const std::string& etag) {
  CHECK(!is_running_);
  curl_slist* fields = curl_slist_append(nullptr, "Accept: */*");
  if (!etag.empty()) {
    fields = curl_slist_append(fields, fmt::format("If-None-Match: {}", etag).c_str());
  }
  set(easy_.get(), CURLOPT_HTTPHEADER, fields);
  fields_.reset(fields);
  answer_ = {};
  is_done_ = false;
  is_running_ = true;
  const CURLMcode code = curl_multi_add_handle(multi_.get(), easy_.get());
  CHECK(code == CURLM_OK);
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
  take_result();
  return wake == Wake::deadline && is_timer_due ? Wake::ready : wake;
}

// A socket that libcurl has closed meanwhile is none of its own any more, and ignored.
void HttpFetch::act(curl_socket_t fd, int events) {
  int bits = 0;
  if ((events & (POLLIN | POLLHUP)) != 0) bits |= CURL_CSELECT_IN;
  if ((events & POLLOUT) != 0) bits |= CURL_CSELECT_OUT;
  if ((events & (POLLERR | POLLNVAL)) != 0) bits |= CURL_CSELECT_ERR;
  int running = 0;
  const CURLMcode code = curl_multi_socket_action(multi_.get(), fd, bits, &running);
  CHECK(code == CURLM_OK);
}

void HttpFetch::take_result() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // before the handle's removal frees it
    curl_multi_remove_handle(multi_.get(), easy_.get());
    is_running_ = false;
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (code != CURLE_OK) fail(code);
    is_done_ = true;
  }
}

void HttpFetch::fail(CURLcode code) const {
  long connect_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &connect_error);
  const Failure failure = describe(code, static_cast<int>(connect_error));
  throw std::system_error(failure.error, std::system_category(),
                          fmt::format("{}: {}", shown_url_, failure.words));
}

// Each line of each head: there are several when the server redirects, or asks for a password.
void HttpFetch::on_header(std::string_view line) {
  if (line.starts_with("HTTP/")) answer_ = {};
  if (line == "\r\n" || line == "\n") {
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
  } else if (const auto type = value_of(line, "content-type")) {
    answer_.content_type = *type;
  } else if (const auto relays = value_of(line, "via")) {
    if (answer_.via.size() > kFieldMax) return;
    answer_.via.append(answer_.via.empty() ? "" : ", ").append(*relays);
  } else if (const auto etag = value_of(line, "etag")) {
    answer_.etag = *etag;
  } else if (const auto timestamp = value_of(line, "x-timestamp")) {
    answer_.timestamp = *timestamp;
  }
}

size_t HttpFetch::header_callback(char* bytes, size_t size, size_t count, void* self) noexcept {
  static_cast<HttpFetch*>(self)->on_header({bytes, size * count});
  return size * count;
}

// Nothing may be thrown through libcurl. What is thrown here ends the transfer.
size_t HttpFetch::body_callback(char* bytes, size_t size, size_t count, void* self) noexcept {
  auto& fetch = *static_cast<HttpFetch*>(self);
  try {
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
  place->events = static_cast<short>(((what & CURL_POLL_IN) != 0 ? POLLIN : 0) |
                                     ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0));
  return true;
}

int HttpFetch::socket_callback(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
  // One transfer has a handful: a resolver's, and one for each address that is tried at once.
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
