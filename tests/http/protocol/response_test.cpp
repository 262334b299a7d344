// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/response.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fanlight {
namespace {

TEST(DateField, WritesImfFixdateAndFollowsTheClock) {
  DateField date;
  // The example of RFC 9110 section 5.6.7.
  EXPECT_EQ(date.at(WallTime(784'111'777'000'000us)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(WallTime(784'111'777'999'999us)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(WallTime(784'111'778'000'000us)), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.at(WallTime(951'782'400'000'000us)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

constexpr ResponseContext kPlain{.date = "D", .cors_origin = {}, .embedding = Embedding::unstated};

TEST(ResponseHead, IsForThisServersPagesUnlessStated) {
  std::array<char, 512> room;
  ResponseHead head(room, 200, {.date = "D", .cors_origin = {}});
  EXPECT_EQ(head.finish(),
            "HTTP/1.1 200 OK\r\nDate: D\r\nX-Content-Type-Options: nosniff\r\n"
            "Cross-Origin-Resource-Policy: same-origin\r\n\r\n");
}

TEST(ResponseHead, IsByteExact) {
  std::array<char, 512> room;
  const ResponseContext context{
      "Sun, 06 Nov 1994 08:49:37 GMT", "https://a.example", 1, false, false, false, Embedding::any};
  ResponseHead head(room, 404, context);
  head.field("Content-Length: {}", 3);
  EXPECT_EQ(head.finish(),
            "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Connection: close\r\nAccess-Control-Allow-Origin: https://a.example\r\n"
            "Access-Control-Allow-Credentials: true\r\n"
            "Access-Control-Expose-Headers: X-Timestamp, X-Sequence, X-Slate, ETag\r\n"
            "Content-Length: 3\r\nX-Content-Type-Options: nosniff\r\n"
            "Cross-Origin-Resource-Policy: cross-origin\r\n\r\n");
}

TEST(ResponseHead, WhatOthersWroteStaysOneLineOfAscii) {
  std::array<char, 512> room;
  ResponseHead head(room, 200, kPlain);
  head.foreign_field("X-Slate", "lost\r\n\r\n\x1b\xff").field("Content-Length: {}", 3);
  EXPECT_EQ(head.finish(),
            "HTTP/1.1 200 OK\r\nDate: D\r\nX-Slate: lost    ??\r\nContent-Length: 3\r\n\r\n");
}

TEST(ResponseHead, AnswersAnOldClientInItsVersion) {
  std::array<char, 512> room;
  ResponseContext old = kPlain;
  old.minor_version = 0;
  ResponseHead kept(room, 200, old);
  EXPECT_EQ(kept.finish(), "HTTP/1.0 200 OK\r\nDate: D\r\nConnection: keep-alive\r\n\r\n");
  ResponseHead current(room, 200, kPlain);
  EXPECT_EQ(current.finish(), "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n");
}

TEST(ResponseHead, VariesInOneField) {
  std::array<char, 512> room;
  const auto vary = [&](bool by_origin, bool by_accept) {
    ResponseHead head(room, 200, {"D", "", 1, true, by_origin, by_accept, Embedding::unstated});
    return std::string(head.finish());
  };
  const std::string begin = "HTTP/1.1 200 OK\r\nDate: D\r\n";
  EXPECT_EQ(vary(false, false), begin + "\r\n");
  EXPECT_EQ(vary(true, false), begin + "Vary: Origin\r\n\r\n");
  EXPECT_EQ(vary(false, true), begin + "Vary: Accept\r\n\r\n");
  EXPECT_EQ(vary(true, true), begin + "Vary: Origin, Accept\r\n\r\n");
}

TEST(ResponseHeadDeathTest, ChecksItsRoom) {
  std::array<char, 40> room;
  EXPECT_DEATH(
      {
        ResponseHead head(room, 200, {"Sun, 06 Nov 1994 08:49:37 GMT", "", 1, true});
        head.finish();
      },
      "CHECK");
}

TEST(StatusPhrase, IsKnownForEveryStatusThatIsSent) {
  for (const int status : {200, 204, 304, 400, 404, 405, 408, 413, 414, 431, 501, 503, 505}) {
    EXPECT_NE(status_phrase(status), "Unknown") << status;
  }
}

}  // namespace
}  // namespace fanlight
