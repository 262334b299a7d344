// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/random.h"
#include "tests/http/protocol/parsed_request.h"

namespace fanlight {
namespace {

TEST(RequestParser, TakesAnOrdinaryRequest) {
  const std::string text =
      "GET /stream?fps=5&x HTTP/1.1\r\nHost: cam\r\nAccept: image/avif,*/*\r\n"
      "If-None-Match: \"a\"\r\nUser-Agent: robot/1 (x)\r\n\r\nbehind";
  RequestParser parser;
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  const Request& request = parser.request();
  EXPECT_EQ(request.method, Method::get);
  EXPECT_EQ(request.method_name, "GET");
  EXPECT_EQ(request.target, "/stream?fps=5&x");
  EXPECT_EQ(request.user_agent, "robot/1 (x)");
  EXPECT_EQ(request.path, "/stream");
  EXPECT_EQ(request.query, "fps=5&x");
  EXPECT_EQ(request.accept, "image/avif,*/*");
  EXPECT_TRUE(request.if_none_match.match_weakly("\"a\""));
  EXPECT_FALSE(request.if_match.given());
  EXPECT_EQ(request.minor_version, 1);
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(request.content_length, 0u);
  EXPECT_EQ(request.head_size, text.size() - 6);
}

// However the bytes are split, the result is that of the whole, and no byte beyond them is read.
TEST(RequestParser, EverySplitGivesTheSame) {
  const std::string_view text =
      "\r\nHEAD /a?b=c HTTP/1.0\r\nhost: h\r\nConnection: x, Keep-Alive\r\nContent-Length: "
      "12\r\n\r\n";
  const GuardedText guarded(text);
  for (size_t cut = 0; cut < text.size(); ++cut) {
    RequestParser parser;
    ASSERT_EQ(parser.parse(guarded.view().substr(0, cut)), ParseStatus::partial) << cut;
    ASSERT_EQ(parser.parse(guarded.view()), ParseStatus::done) << cut;
    EXPECT_EQ(parser.request().method, Method::head);
    EXPECT_EQ(parser.request().path, "/a");
    EXPECT_EQ(parser.request().minor_version, 0);
    EXPECT_TRUE(parser.request().keep_alive);
    EXPECT_EQ(parser.request().content_length, 12u);
    EXPECT_EQ(parser.request().head_size, text.size());
  }
}

TEST(RequestParser, ByteByByte) {
  const std::string_view text = "OPTIONS * HTTP/1.1\r\nHost:\r\nExpect: 100-continue\r\n\r\n";
  RequestParser parser;
  for (size_t n = 1; n < text.size(); ++n) {
    ASSERT_EQ(parser.parse(text.substr(0, n)), ParseStatus::partial) << n;
  }
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  EXPECT_EQ(parser.request().method, Method::options);
  EXPECT_EQ(parser.request().path, "*");
  EXPECT_TRUE(parser.request().expects_continue);
}

TEST(RequestParser, AbsoluteForm) {
  EXPECT_EQ(parsed("GET HTTP://cam:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", ParseStatus::done)
                .request()
                .head_size,
            43u);
  RequestParser parser;
  const std::string_view text = "GET http://cam HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  EXPECT_EQ(parser.request().path, "/");
  RequestParser with_query;
  const std::string_view query = "GET http://cam?action=stream HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(with_query.parse(query), ParseStatus::done);
  EXPECT_EQ(with_query.request().path, "/");
  EXPECT_EQ(with_query.request().query, "action=stream");
}

// The edges of what is allowed: the characters next to those that are refused.
TEST(RequestParser, TakesTheOutermostCharacters) {
  const std::string text =
      "GET /~a?$=!\" HTTP/1.9\r\nHost:h\r\nUser-Agent:\t~\t\x80\r\n!~: 1\r\n\r\n";
  RequestParser parser;
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  EXPECT_EQ(parser.request().path, "/~a");
  EXPECT_EQ(parser.request().query, "$=!\"");
  EXPECT_EQ(parser.request().minor_version, 9);
  EXPECT_EQ(parser.request().host, "h");
  EXPECT_EQ(parser.request().user_agent, "~\t\x80");
}

TEST(RequestParser, MethodsThatAreKnownButRefusedStillParse) {
  for (const char* method : {"PUT", "DELETE", "TRACE"}) {
    const std::string text = std::string(method) + " / HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(parsed(text, ParseStatus::done).request().method, Method::refused) << method;
  }
  for (const char* target : {"a:80", "a:09", "[::1]:80"}) {
    const std::string text = std::string("CONNECT ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
    RequestParser parser;
    ASSERT_EQ(parser.parse(text), ParseStatus::done) << target;
    EXPECT_EQ(parser.request().method, Method::connect);
    EXPECT_EQ(parser.request().path, target);
  }
}

TEST(RequestParser, TakesAPost) {
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: h\r\n\r\n", ParseStatus::done).request().method,
            Method::post);
}

// An error for HEAD has no body, whether or not its line was ever complete.
TEST(RequestParser, KnowsTheMethodOfALineThatIsNotComplete) {
  EXPECT_EQ(parsed("\r\nHEAD /", ParseStatus::partial).request().method, Method::head);
  EXPECT_EQ(parsed("HEAD /\n", ParseStatus::bad).request().method, Method::head);
  EXPECT_EQ(parsed("HEAD", ParseStatus::partial).request().method, Method::unknown);
}

TEST(RequestParser, RefusesWhatItMust) {
  using namespace std::string_view_literals;
  const BadRequest cases[] = {
      {"unknown method", "BREW / HTTP/1.1\r\n"sv, 501, "unknown method"},
      {"lower case method", "get / HTTP/1.1\r\n"sv, 501, "unknown method"},
      {"delimiter in the method", "G(T / HTTP/1.1\r\n"sv, 400, "malformed method"},
      {"no method", " / HTTP/1.1\r\n"sv, 400, "malformed method"},
      {"no version (HTTP/0.9)", "GET /\r\n"sv, 400, "malformed request line"},
      {"two spaces", "GET  / HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"tab for a space", "GET\t/ HTTP/1.1\r\n"sv, 400, "malformed request line"},
      {"blank in the target", "GET /a b HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"tab in the target", "GET /a\tb HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"fragment in the target", "GET /a#b HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"byte above 0x7e in the target", "GET /\xc3\xa9 HTTP/1.1\r\n"sv, 400,
       "malformed request target"},
      {"target without a slash", "GET a HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"asterisk for GET", "GET * HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"asterisk for a refused method", "DELETE * HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"asterisk with a query", "OPTIONS *?a HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"refused method without a slash", "PUT a HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"query without a path", "GET ?a HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"path for CONNECT", "CONNECT /a HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"host without a port for CONNECT", "CONNECT a HTTP/1.1\r\n"sv, 400,
       "malformed request target"},
      {"host with an empty port for CONNECT", "CONNECT a: HTTP/1.1\r\n"sv, 400,
       "malformed request target"},
      {"address without brackets for CONNECT", "CONNECT ::1 HTTP/1.1\r\n"sv, 400,
       "malformed request target"},
      {"port with a letter for CONNECT", "CONNECT a:x0 HTTP/1.1\r\n"sv, 400,
       "malformed request target"},
      {"user for CONNECT", "CONNECT a@b:80 HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"authority for GET", "GET a:80 HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"user in the authority", "GET http://a@b/ HTTP/1.1\r\n"sv, 400,
       "malformed authority in the target"},
      {"authority without a host", "GET http://:80/ HTTP/1.1\r\n"sv, 400,
       "malformed authority in the target"},
      {"malformed Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv, 400, "malformed Host"},
      {"malformed Host on 1.0", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"sv, 400, "malformed Host"},
      {"malformed Host beside absolute-form", "GET http://cam/ HTTP/1.1\r\nHost: [::1\r\n\r\n"sv,
       400, "malformed Host"},
      {"percent without digits", "GET /% HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"percent with one digit", "GET /a%4 HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"percent with other letters", "GET /%zz HTTP/1.1\r\n"sv, 400, "malformed request target"},
      {"empty authority", "GET http:///a HTTP/1.1\r\n"sv, 400, "malformed authority in the target"},
      {"HTTP/2", "GET / HTTP/2.0\r\n"sv, 505, "only HTTP/1.0 and HTTP/1.1 are supported"},
      {"HTTP/0.9 spelt out", "GET / HTTP/0.9\r\n"sv, 505,
       "only HTTP/1.0 and HTTP/1.1 are supported"},
      {"lower case version", "GET / http/1.1\r\n"sv, 400, "malformed HTTP version"},
      {"long version", "GET / HTTP/1.10\r\n"sv, 400, "malformed HTTP version"},
      {"letter for the major version", "GET / HTTP/x.1\r\n"sv, 400, "malformed HTTP version"},
      {"byte before 0 for the minor version", "GET / HTTP/1./\r\n"sv, 400,
       "malformed HTTP version"},
      {"byte behind 9 for the minor version", "GET / HTTP/1.:\r\n"sv, 400,
       "malformed HTTP version"},
      {"version without a dot", "GET / HTTP/1-1\r\n"sv, 400, "malformed HTTP version"},
      {"last control character", "GET / HTTP/1.1\r\nHost: h\x1f\r\n"sv, 400,
       "control character in the request head"},
      {"DEL", "GET / HTTP/1.1\r\nHost: h\x7f\r\n"sv, 400, "control character in the request head"},
      {"bare LF", "GET / HTTP/1.1\nHost: h\r\n\r\n"sv, 400, "LF without CR"},
      {"bare CR", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"sv, 400, "CR without LF"},
      {"NUL", "GET / HTTP/1.1\r\nHost: h\0\r\n\r\n"sv, 400,
       "control character in the request head"},
      {"TLS", "\x16\x03\x01\x02"sv, 400, "control character in the request head"},
  };
  for (const BadRequest& bad : cases) expect_refused(bad);
}

// Random bytes and randomly damaged requests: never a read too far, never a crash, and a verdict
// that does not depend on how the bytes are split.
TEST(RequestParser, DamagedRequestsGiveTheSameVerdictHoweverTheyAreCut) {
  constexpr uint64_t kSeed = 20260801;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  const std::string_view good =
      "GET /stream?fps=5 HTTP/1.1\r\nHost: cam\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
  constexpr std::string_view kSpice = "\r\n :\t,;=?/HTP10\0\x7f\xff-";
  int done = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(good);
    for (uint64_t damage = random.below(4); damage > 0; --damage) {
      const size_t at = random.below(text.size());
      if (random.chance(0.5)) {
        text[at] = kSpice[random.below(kSpice.size())];
      } else {
        text.erase(at, 1 + random.below(3));
      }
    }
    const GuardedText guarded(text);
    RequestParser whole;
    const ParseStatus verdict = whole.parse(guarded.view());
    done += verdict == ParseStatus::done;
    RequestParser pieces;
    ParseStatus piecewise = ParseStatus::partial;
    for (size_t n = 0; n <= text.size() && piecewise == ParseStatus::partial;
         n += 1 + random.below(9)) {
      piecewise = pieces.parse(guarded.view().substr(0, n));
    }
    if (piecewise == ParseStatus::partial) piecewise = pieces.parse(guarded.view());
    ASSERT_EQ(piecewise, verdict) << "round " << round << ": " << text;
    if (verdict == ParseStatus::bad) {
      ASSERT_EQ(pieces.error_status(), whole.error_status()) << "round " << round;
    }
  }
  EXPECT_GT(done, 1000);
}

TEST(QueryValue, FindsTheFirstWholeName) {
  EXPECT_EQ(query_value("a=1&ab=2&a=3", "a").value, "1");
  EXPECT_EQ(query_value("xa=1&a", "a").found, true);
  EXPECT_EQ(query_value("xa=1&a", "a").value, "");
  EXPECT_FALSE(query_value("xa=1&ab=2", "a").found);
  EXPECT_FALSE(query_value("", "a").found);
  EXPECT_EQ(query_value("&&a=b=c&", "a").value, "b=c");
}

}  // namespace
}  // namespace fanlight
