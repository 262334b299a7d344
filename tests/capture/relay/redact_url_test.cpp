// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/redact_url.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(RedactUrl, HidesUserAndPassword) {
  EXPECT_EQ(redact_url("http://admin:secret@cam:8080/"), "http://cam:8080/");
  EXPECT_EQ(redact_url("https://admin@cam/"), "https://cam/");
  EXPECT_EQ(redact_url("http://:secret@cam"), "http://cam");
}

TEST(RedactUrl, HidesAnUnescapedPassword) {
  EXPECT_EQ(redact_url("http://admin:s/e?c@r#t@cam/x"), "http://cam/...");
}

TEST(RedactUrl, HidesThePathAndTheQuery) {
  EXPECT_EQ(redact_url("http://cam:81/secret/stream"), "http://cam:81/...");
  EXPECT_EQ(redact_url("http://[::1]:8080/?action=stream"), "http://[::1]:8080/...");
  EXPECT_EQ(redact_url("http://cam?pwd=888888"), "http://cam/...");
  EXPECT_EQ(redact_url("http://cam#secret"), "http://cam/...");
  EXPECT_EQ(redact_url("http://cam/?mail=a@secret"), "http://secret")
      << "hides too much rather than too little";
}

TEST(RedactUrl, LeavesTextWithoutSecretsUnchanged) {
  for (const char* spec : {"http://cam", "http://cam/", "https://[::1]:8080/", "v4l2:/dev/video0",
                           "files:/a@b?c=d", "emulator", "", "://", "http:"}) {
    EXPECT_EQ(redact_url(spec), spec);
  }
}

TEST(RedactUrl, FindsWhatAPageRepeats) {
  const char* url = "http://admin:pw@cam/s3cret/stream?action=stream&id=7&key=abcd&qwertz";
  for (const char* page :
       {"The requested URL /s3cret/stream was not found", "bad key: abcd", "unknown qwertz"}) {
    EXPECT_TRUE(repeats_url(page, url)) << page;
  }
  for (const char* page : {"", "too many streams", "error 7", "action id key", "cam"}) {
    EXPECT_FALSE(repeats_url(page, url)) << page;
  }
  for (const char* bare : {"http://cam", "http://cam/", "http://cam?", "files:/a/b", ""}) {
    EXPECT_FALSE(repeats_url("cam / ? a/b", bare)) << bare;
  }
}

}  // namespace
}  // namespace fanlight
