// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/fetch_url.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <utility>

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

TEST(FetchUrl, AddsAPassword) {
  EXPECT_EQ(with_password("http://me@host:81/a?b=c", "p@:/?#% \xc3\xa4"),
            "http://me:p%40%3a%2f%3f%23%25%20%c3%a4@host:81/a?b=c");
  try {
    with_password("http://me@host:99999/", "secret");
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

TEST(FetchUrl, FindsTheWebSocketOfAStream) {
  for (const auto& [stream, socket] :
       {std::pair{"http://host:5000/stream", "http://host:5000/ws?segments=1"},
        {"https://me:p%40ss@host/cameras/front/stream",
         "https://me:p%40ss@host/cameras/front/ws?segments=1"},
        {"http://host", "http://host/ws?segments=1"},
        {"http://host/webcam/stream.mjpg?fps=5", "http://host/webcam/ws?fps=5&segments=1"},
        {"http://host/video_feed#x", "http://host/ws?segments=1#x"},
        {"http://host/?action=stream", "http://host/ws?action=stream&segments=1"},
        {"http://host/ws?segments=1", "http://host/ws?segments=1"}}) {
    EXPECT_EQ(web_socket_url(stream), socket);
  }
}

TEST(FetchUrl, OtherUrlsHaveNoWebSocket) {
  for (const char* url :
       {"http://host/snapshot", "http://host/?action=stream_1", "http://host/mjpeg.cgi",
        "http://host/?fps=1&action=stream_2", "http://host/?action=snapshot"}) {
    EXPECT_EQ(web_socket_url(url), std::nullopt) << url;
  }
}

}  // namespace
}  // namespace fanlight
