// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/fetch_url.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace fanlight {
namespace {

TEST(FetchUrl, DetectsAUser) {
  EXPECT_TRUE(has_user("http://me:secret@host/"));
  EXPECT_FALSE(has_user("https://host/a@b"));
  try {
    has_user("http://me:secret@host:99999/");
    ADD_FAILURE();
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
  }
}

TEST(FetchUrl, ComparesOrigins) {
  const std::string url = "http://host:80/a/b?c";
  for (const char* same : {"/x", "x", "?y", "http://HOST/", "//host/", "http://me:x@host/"}) {
    EXPECT_TRUE(is_same_origin(url, same)) << same;
  }
  for (const char* other : {"https://host/", "http://host:81/", "http://other/", "//other/",
                            "http://host.other/", "http://[bad"}) {
    EXPECT_FALSE(is_same_origin(url, other)) << other;
  }
}

}  // namespace
}  // namespace fanlight
