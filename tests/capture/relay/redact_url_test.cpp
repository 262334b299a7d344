// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/redact_url.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(RedactUrl, HidesUserAndPassword) {
  EXPECT_EQ(redact_url("http://admin:secret@cam:8080/stream"), "http://***@cam:8080/stream");
  EXPECT_EQ(redact_url("https://admin@cam/"), "https://***@cam/");
  EXPECT_EQ(redact_url("http://:secret@cam"), "http://***@cam");
}

TEST(RedactUrl, HidesAnUnescapedPassword) {
  EXPECT_EQ(redact_url("http://admin:s/e?c@r#t@cam/x"), "http://***@cam/x");
}

TEST(RedactUrl, HidesQueryValues) {
  EXPECT_EQ(redact_url("http://cam/video.cgi?user=admin&pwd=888888&resolution"),
            "http://cam/video.cgi?user=***&pwd=***&resolution");
  EXPECT_EQ(redact_url("http://cam/?action=stream&token=a=b&"),
            "http://cam/?action=stream&token=***&");
  EXPECT_EQ(redact_url("http://cam/?mail=a@secret"), "http://***@secret")
      << "hides too much rather than too little";
}

TEST(RedactUrl, LeavesUrlsWithoutSecretsUnchanged) {
  for (const char* spec : {"http://cam/stream", "http://[::1]:8080/?action=stream", "http://cam?",
                           "v4l2:/dev/video0", "files:/a@b?c=d", "emulator", "", "://", "http:"}) {
    EXPECT_EQ(redact_url(spec), spec);
  }
}

}  // namespace
}  // namespace fanlight
