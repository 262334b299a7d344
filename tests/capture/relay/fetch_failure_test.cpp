// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/fetch_failure.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace fanlight {
namespace {

TEST(FetchFailure, MapsCurlErrorsToErrnosAndTexts) {
  EXPECT_EQ(describe_failure(CURLE_COULDNT_CONNECT, ECONNREFUSED).error, ECONNREFUSED);
  EXPECT_EQ(describe_failure(CURLE_COULDNT_CONNECT, 0).error, EHOSTUNREACH);
  EXPECT_EQ(describe_failure(CURLE_OPERATION_TIMEDOUT, 0).error, ETIMEDOUT);
  EXPECT_EQ(describe_failure(CURLE_SSL_PINNEDPUBKEYNOTMATCH, 0).error, EKEYREJECTED);
  EXPECT_EQ(describe_failure(CURLE_RECV_ERROR, 0).words, "the connection broke");
}

TEST(FetchFailure, StatesWhyACertificateIsRefused) {
  // X509_V_ERR_CERT_NOT_YET_VALID and the like.
  std::set<std::string_view> words;
  for (const long result : {0, 9, 10, 18, 20}) words.insert(describe_certificate(result));
  EXPECT_EQ(words.size(), 5u);
  for (const long result : {0, 1, 62}) {
    EXPECT_NE(describe_certificate(result).find("another name"), std::string_view::npos);
  }
  EXPECT_NE(describe_certificate(10).find("expired"), std::string_view::npos);
  EXPECT_NE(describe_certificate(18).find("self-signed"), std::string_view::npos);
  EXPECT_NE(describe_certificate(12345).find("not trusted"), std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
