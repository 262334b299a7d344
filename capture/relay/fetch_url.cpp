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

std::string url_part(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
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

}  // namespace

bool has_user(const std::string& url) {
  return !url_part(parse_url(url), CURLUPART_USER).empty();
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

}  // namespace fanlight
