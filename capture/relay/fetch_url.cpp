// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/fetch_url.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

#include "capture/relay/redact_url.h"
#include "core/ascii.h"

namespace fanlight {
namespace {

using Url = std::unique_ptr<CURLU, void (*)(CURLU*)>;

Url make_url() {
  Url url(curl_url(), curl_url_cleanup);
  if (!url) throw std::bad_alloc();
  return url;
}

std::string url_part(const Url& url, CURLUPart part, unsigned flags = CURLU_DEFAULT_PORT) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

// Errors do not contain the URL's text, because there may be a password in it.
Url parse_url(const std::string& url) {
  Url parsed = make_url();
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code == CURLUE_OK && (url.starts_with("http://") || url.starts_with("https://"))) {
    return parsed;
  }
  throw std::invalid_argument(fmt::format(
      "{}: http://[USER:PASSWORD@]HOST[:PORT]/[PATH] is expected, special characters of "
      "the password as %XX: {}",
      redact_url(url), code == CURLUE_OK ? "no host" : curl_url_strerror(code)));
}

// The value of the parameter of that name; nothing if it is not there.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.substr(0, pair.find('=')) != name) continue;
    return pair.substr(std::min(name.size() + 1, pair.size()));
  }
  return std::nullopt;
}

// `action=stream...` is mjpg-streamer's name of a stream, and `stream_1` is one of another camera.
bool is_stream_of_path(std::string_view query) {
  const std::string_view action = find_parameter(query, "action").value_or("stream");
  return action.starts_with("stream") && !action.starts_with("stream_");
}

}  // namespace

bool has_user(const std::string& url) {
  return !url_part(parse_url(url), CURLUPART_USER).empty();
}

std::string with_password(const std::string& url, const std::string& password) {
  const Url parsed = parse_url(url);
  curl_url_set(parsed.get(), CURLUPART_PASSWORD, password.c_str(), CURLU_URLENCODE);
  return url_part(parsed, CURLUPART_URL, 0);
}

bool is_same_origin(const std::string& url, const std::string& location) {
  const Url here = make_url();
  const Url there = make_url();
  for (const Url* each : {&here, &there}) curl_url_set(each->get(), CURLUPART_URL, url.c_str(), 0);
  if (curl_url_set(there.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) return false;
  for (const CURLUPart part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
    if (!std::ranges::equal(url_part(here, part), url_part(there, part), {}, lower, lower)) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> web_socket_url(const std::string& url) {
  constexpr std::string_view kStreams[] = {"",           "stream", "stream.mjpg", "stream.mjpeg",
                                           "video_feed", "ws"};
  const Url parsed = parse_url(url);
  std::string path = url_part(parsed, CURLUPART_PATH);
  std::string query = url_part(parsed, CURLUPART_QUERY);
  const size_t last = path.rfind('/') + 1;
  if (std::ranges::find(kStreams, path.substr(last)) == std::end(kStreams)) return std::nullopt;
  if (!is_stream_of_path(query)) return std::nullopt;
  path.replace(last, path.npos, "ws");
  if (!find_parameter(query, "segments")) query += query.empty() ? "segments=1" : "&segments=1";
  curl_url_set(parsed.get(), CURLUPART_PATH, path.c_str(), 0);
  curl_url_set(parsed.get(), CURLUPART_QUERY, query.c_str(), 0);
  return url_part(parsed, CURLUPART_URL, 0);
}

}  // namespace fanlight
