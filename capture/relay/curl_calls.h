// SPDX-License-Identifier: Apache-2.0
// Calls of libcurl whose failure is a bug, or the end of the source.
#pragma once

#include <curl/curl.h>

#include <stdexcept>

#include "core/check.h"

namespace fanlight {

inline void initialize_libcurl() {
  // Threads may race here: a static variable is initialized once (C++20, [stmt.dcl]).
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

// Lets libcurl go on with everything and report its sockets, whatever it waits for. The function is
// deprecated because it is slow with many transfers; here is one.
inline CURLMcode attend_all(CURLM* multi) {
  int running = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  return curl_multi_socket_all(multi, &running);
#pragma GCC diagnostic pop
}

}  // namespace fanlight
