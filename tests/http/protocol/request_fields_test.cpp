// SPDX-License-Identifier: Apache-2.0
// What the parser makes of the fields of a request.
#include "http/protocol/request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/http/protocol/parsed_request.h"

namespace fanlight {
namespace {

// RFC 9112 section 3.2.2.
TEST(RequestParser, TheAuthorityOfTheTargetReplacesHost) {
  for (const char* version : {"1.1", "1.0"}) {
    RequestParser parser;
    const std::string text =
        "GET http://cam:81/a HTTP/" + std::string(version) + "\r\nHost: other.example\r\n\r\n";
    ASSERT_EQ(parser.parse(text), ParseStatus::done);
    EXPECT_EQ(parser.request().host, "cam:81");
    EXPECT_EQ(parser.request().path, "/a");
  }
  EXPECT_EQ(status_of("GET http://cam/ HTTP/1.1\r\n\r\n"), 400) << "Host is due all the same";
}

TEST(RequestParser, OnlyHttp10NeedsNoHost) {
  EXPECT_EQ(parsed("GET / HTTP/1.0\r\n\r\n", ParseStatus::done).request().host, "");
  EXPECT_EQ(status_of("GET / HTTP/1.9\r\n\r\n"), 400);
}

TEST(RequestParser, OfSeveralLinesTheFirstCounts) {
  const std::string text =
      "GET / HTTP/1.1\r\nHost: h\r\nAccept: a/1\r\nContent-Type: b/1\r\n"
      "Accept: a/2\r\nContent-Type: b/2\r\n\r\n";
  RequestParser parser;
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  EXPECT_EQ(parser.request().accept, "a/1");
  EXPECT_EQ(parser.request().content_type, "b/1");
}

// RFC 6455 section 4.2.1: both fields are lists, and their words have no case.
TEST(RequestParser, AnUpgradeNeedsBothOfItsFields) {
  const auto upgrades = [](std::string_view fields) {
    const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
    return parsed(text, ParseStatus::done).request().upgrades_to_web_socket;
  };
  EXPECT_TRUE(upgrades("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_TRUE(upgrades("Connection: keep-alive,UPGRADE\r\nUpgrade: h2c,WebSocket\r\n"));
  EXPECT_FALSE(upgrades("Upgrade: websocket\r\n"));
  EXPECT_FALSE(upgrades("Connection: upgrade\r\n"));
  EXPECT_FALSE(upgrades("Connection: upgrade\r\nUpgrade: h2c\r\n"));
  RequestParser parser;
  const std::string text =
      "GET / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: a2V5\r\nSec-WebSocket-Version: 13\r\n\r\n";
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  EXPECT_EQ(parser.request().web_socket_key, "a2V5");
  EXPECT_EQ(parser.request().web_socket_version, "13");
}

TEST(RequestParser, KeepAliveFollowsVersionAndConnection) {
  const auto keep = [](std::string_view version, std::string_view field) {
    const std::string text =
        "GET / HTTP/" + std::string(version) + "\r\nHost: h\r\n" + std::string(field) + "\r\n";
    return parsed(text, ParseStatus::done).request().keep_alive;
  };
  EXPECT_TRUE(keep("1.1", ""));
  EXPECT_FALSE(keep("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keep("1.1", "Connection: keep-alive, Close\r\n"));
  EXPECT_FALSE(keep("1.1", "Connection: x,close\r\n"));
  EXPECT_FALSE(keep("1.0", ""));
  EXPECT_TRUE(keep("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestParser, TellsWhetherAProxySpeaksForSomebody) {
  const auto with = [](const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  };
  RequestParser plain, several, other, real;
  const std::string no_field = with("");
  ASSERT_EQ(plain.parse(no_field), ParseStatus::done);
  EXPECT_FALSE(plain.request().is_forwarded);
  const std::string two = with("X-Forwarded-For: 10.0.0.1\r\nx-forwarded-for: ::1, 10.0.0.2 \r\n");
  ASSERT_EQ(several.parse(two), ParseStatus::done);
  EXPECT_TRUE(several.request().is_forwarded);
  EXPECT_EQ(several.request().forwarded_for, "::1, 10.0.0.2");
  const std::string standard = with("Forwarded: for=10.0.0.1\r\n");
  ASSERT_EQ(other.parse(standard), ParseStatus::done);
  EXPECT_TRUE(other.request().is_forwarded);
  EXPECT_EQ(other.request().forwarded, "for=10.0.0.1");
  EXPECT_EQ(other.request().forwarded_for, "");
  const std::string of_nginx = with("X-Real-IP: 10.0.0.1\r\n");
  ASSERT_EQ(real.parse(of_nginx), ParseStatus::done);
  EXPECT_TRUE(real.request().is_forwarded);
  for (const char* field : {"X-Forwarded-Proto: https\r\n", "Via: 1.1 proxy\r\n"}) {
    EXPECT_TRUE(parsed(with(field), ParseStatus::done).request().is_forwarded) << field;
  }
  const std::string host = with("X-Forwarded-Host: cam.example\r\n");
  RequestParser of_host;
  ASSERT_EQ(of_host.parse(host), ParseStatus::done);
  EXPECT_TRUE(of_host.request().is_forwarded);
  EXPECT_EQ(of_host.request().forwarded_host, "cam.example");
}

TEST(RequestParser, TellsWhatAChangeIsJudgedBy) {
  const std::string text =
      "PATCH /x HTTP/1.1\r\nHost:  pi:5000 \r\nOrigin: http://pi:5000\r\n"
      "Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n";
  RequestParser parser;
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  const Request& request = parser.request();
  EXPECT_EQ(request.method, Method::patch);
  EXPECT_EQ(request.host, "pi:5000");
  EXPECT_EQ(request.origin, "http://pi:5000");
  EXPECT_EQ(request.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(request.body, "");
  parser.take_body("{}");
  EXPECT_EQ(request.body, "{}");
  parser.reset();
  EXPECT_EQ(request.body, "");
}

TEST(RequestParser, RefusesFieldsThatItMust) {
  using namespace std::string_view_literals;
  const BadRequest cases[] = {
      {"obs-fold", "GET / HTTP/1.1\r\nHost: h\r\n more\r\n\r\n"sv, 400, "folded header line"},
      {"obs-fold with a tab", "GET / HTTP/1.1\r\nHost: h\r\n\tmore\r\n\r\n"sv, 400,
       "folded header line"},
      {"space before a colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"sv, 400,
       "malformed header name"},
      {"no colon", "GET / HTTP/1.1\r\nHost\r\n\r\n"sv, 400, "header line without a colon"},
      {"empty name", "GET / HTTP/1.1\r\n: h\r\n\r\n"sv, 400, "malformed header name"},
      {"no Host", "GET / HTTP/1.1\r\n\r\n"sv, 400, "Host is missing"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"sv, 400, "duplicate Host"},
      {"two passwords",
       "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nauthorization: b\r\n\r\n"sv, 400,
       "duplicate Authorization"},
      {"two Origins", "GET / HTTP/1.1\r\nHost: h\r\nOrigin: a\r\nOrigin: a\r\n\r\n"sv, 400,
       "duplicate Origin"},
      {"two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"sv, 400, "duplicate Host"},
      {"two keys", "GET / HTTP/1.1\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Key: a\r\n\r\n"sv, 400,
       "duplicate Sec-WebSocket-Key"},
      {"an empty key and another",
       "GET / HTTP/1.1\r\nSec-WebSocket-Key:\r\nSec-WebSocket-Key: a\r\n\r\n"sv, 400,
       "duplicate Sec-WebSocket-Key"},
      {"two versions of WebSocket",
       "GET / HTTP/1.1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n\r\n"sv, 400,
       "duplicate Sec-WebSocket-Version"},
      {"five If-None-Match",
       "GET / HTTP/1.1\r\nIf-None-Match: *\r\nIf-None-Match: *\r\nIf-None-Match: *\r\n"
       "If-None-Match: *\r\nIf-None-Match: *\r\n\r\n"sv,
       400, "too many If-None-Match"},
      {"five If-Match",
       "GET / HTTP/1.1\r\nIf-Match: *\r\nIf-Match: *\r\nIf-Match: *\r\nIf-Match: *\r\n"
       "If-Match: *\r\n\r\n"sv,
       400, "too many If-Match"},
      {"negative length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"sv, 400,
       "malformed Content-Length"},
      {"signed length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n"sv, 400,
       "malformed Content-Length"},
      {"hex length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n"sv, 400,
       "malformed Content-Length"},
      {"list length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1,1\r\n\r\n"sv, 400,
       "malformed Content-Length"},
      {"empty length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"sv, 400,
       "malformed Content-Length"},
      {"length beyond 64 bits",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n"sv, 400,
       "Content-Length out of range"},
      {"length that only its last digit takes too far",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551610\r\n\r\n"sv, 400,
       "Content-Length out of range"},
      {"differing lengths",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv, 400,
       "differing Content-Length"},
      {"length and transfer coding",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
       400, "both Content-Length and Transfer-Encoding"},
      {"transfer coding in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400,
       "Transfer-Encoding in HTTP/1.0"},
  };
  for (const BadRequest& bad : cases) expect_refused(bad);
}

TEST(RequestParser, OnlyTheCodingChunkedIsTaken) {
  const auto with = [](const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  };
  for (const char* value : {"chunked", "CHUNKED", " chunked\t", ",chunked, ,"}) {
    const std::string text = with("Transfer-Encoding: " + std::string(value) + "\r\n");
    EXPECT_TRUE(parsed(text, ParseStatus::done).request().is_chunked) << value;
  }
  EXPECT_FALSE(parsed(with(""), ParseStatus::done).request().is_chunked);
  for (const char* value : {"gzip", "identity", "gzip, chunked", "xchunked", "chunked;q=1"}) {
    EXPECT_EQ(status_of(with("Transfer-Encoding: " + std::string(value) + "\r\n")), 501) << value;
  }
  for (const char* value :
       {"", ",", "chunked, chunked", "chunked, gzip", "chunked\r\nTransfer-Encoding: chunked"}) {
    EXPECT_EQ(status_of(with("Transfer-Encoding: " + std::string(value) + "\r\n")), 400) << value;
  }
}

// RFC 9110 section 5.3: several lines are one list.
TEST(RequestParser, ConditionsMayBeOnSeveralLines) {
  const std::string text =
      "GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a\"\r\nIf-Match: \"c\"\r\n"
      "If-None-Match: \"b\"\r\nIf-Match: \"d\"\r\n\r\n";
  RequestParser parser;
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  const Request& request = parser.request();
  for (const char* tag : {"\"a\"", "\"b\""}) {
    EXPECT_TRUE(request.if_none_match.match_weakly(tag));
    EXPECT_FALSE(request.if_match.match_strongly(tag));
  }
  for (const char* tag : {"\"c\"", "\"d\""}) {
    EXPECT_FALSE(request.if_none_match.match_weakly(tag));
    EXPECT_TRUE(request.if_match.match_strongly(tag));
  }
}

TEST(RequestParser, TakesTheLongestLength) {
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551609\r\n\r\n",
                   ParseStatus::done)
                .request()
                .content_length,
            18446744073709551609u);
}

TEST(RequestParser, SameLengthTwiceIsOne) {
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n",
                   ParseStatus::done)
                .request()
                .content_length,
            7u);
}

}  // namespace
}  // namespace fanlight
