// SPDX-License-Identifier: Apache-2.0
// Fetch failure: why a server could not be reached, in words for users who have a camera and do not
// know libcurl.
#pragma once

#include <curl/curl.h>

#include <string_view>

namespace fanlight {

struct FetchFailure {
  int error;               // errno
  std::string_view words;  // a constant
};

// `connect_error`: CURLINFO_OS_ERRNO.
FetchFailure describe_failure(CURLcode code, int connect_error);

// Why its certificate was refused: CURLINFO_SSL_VERIFYRESULT with OpenSSL.
std::string_view describe_certificate(long verify_result);

}  // namespace fanlight
