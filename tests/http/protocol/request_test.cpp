// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/request.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "core/random.h"

namespace fanlight {
namespace {

// Memory that ends at an unreadable page: reading one byte too far ends the test.
class GuardedText {
 public:
  explicit GuardedText(std::string_view text) {
    page_ = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    size_ = (text.size() / page_ + 2) * page_;
    base_ = static_cast<char*>(
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(base_, MAP_FAILED);
    EXPECT_EQ(::mprotect(base_ + size_ - page_, page_, PROT_NONE), 0);
    char* start = base_ + size_ - page_ - text.size();
    std::memcpy(start, text.data(), text.size());
    text_ = {start, text.size()};
  }
  ~GuardedText() { ::munmap(base_, size_); }
  std::string_view view() const { return text_; }

 private:
  size_t page_ = 0;
  size_t size_ = 0;
  char* base_ = nullptr;
  std::string_view text_;
};

RequestParser parsed(std::string_view text, ParseStatus expected) {
  const GuardedText guarded(text);
  RequestParser parser;
  EXPECT_EQ(parser.parse(guarded.view()), expected) << text;
  return parser;
}

int status_of(std::string_view text) {
  return parsed(text, ParseStatus::bad).error_status();
}

TEST(RequestParser, TakesAnOrdinaryRequest) {
  const std::string text =
      "GET /stream?fps=5&x HTTP/1.1\r\nHost: cam\r\nAccept: image/avif,*/*\r\n"
      "If-None-Match: \"a\"\r\n\r\nbehind";
  RequestParser parser;
  ASSERT_EQ(parser.parse(text), ParseStatus::done);
  const Request& request = parser.request();
  EXPECT_EQ(request.method, Method::get);
  EXPECT_EQ(request.path, "/stream");
  EXPECT_EQ(request.query, "fps=5&x");
  EXPECT_EQ(request.accept, "image/avif,*/*");
  EXPECT_TRUE(request.if_none_match.match_weakly("\"a\""));
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

TEST(RequestParser, KeepAliveFollowsVersionAndConnection) {
  const auto keep = [](std::string_view version, std::string_view field) {
    const std::string text =
        "GET / HTTP/" + std::string(version) + "\r\nHost: h\r\n" + std::string(field) + "\r\n";
    return parsed(text, ParseStatus::done).request().keep_alive;
  };
  EXPECT_TRUE(keep("1.1", ""));
  EXPECT_FALSE(keep("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keep("1.1", "Connection: keep-alive, Close\r\n"));
  EXPECT_FALSE(keep("1.0", ""));
  EXPECT_TRUE(keep("1.0", "Connection: Keep-Alive\r\n"));
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
  EXPECT_EQ(other.request().forwarded_for, "");
  const std::string of_nginx = with("X-Real-IP: 10.0.0.1\r\n");
  ASSERT_EQ(real.parse(of_nginx), ParseStatus::done);
  EXPECT_TRUE(real.request().is_forwarded);
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

struct BadRequest {
  const char* what;
  std::string_view text;
  int status;
};

TEST(RequestParser, RefusesWhatItMust) {
  using namespace std::string_view_literals;
  const BadRequest cases[] = {
      {"unknown method", "BREW / HTTP/1.1\r\n"sv, 501},
      {"lower case method", "get / HTTP/1.1\r\n"sv, 501},
      {"no version (HTTP/0.9)", "GET /\r\n"sv, 400},
      {"two spaces", "GET  / HTTP/1.1\r\n"sv, 400},
      {"tab for a space", "GET\t/ HTTP/1.1\r\n"sv, 400},
      {"blank in the target", "GET /a b HTTP/1.1\r\n"sv, 400},
      {"fragment in the target", "GET /a#b HTTP/1.1\r\n"sv, 400},
      {"byte above 0x7e in the target", "GET /\xc3\xa9 HTTP/1.1\r\n"sv, 400},
      {"target without a slash", "GET a HTTP/1.1\r\n"sv, 400},
      {"asterisk for GET", "GET * HTTP/1.1\r\n"sv, 400},
      {"user in the authority", "GET http://a@b/ HTTP/1.1\r\n"sv, 400},
      {"authority without a host", "GET http://:80/ HTTP/1.1\r\n"sv, 400},
      {"malformed Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv, 400},
      {"malformed Host on 1.0", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"sv, 400},
      {"malformed Host beside absolute-form", "GET http://cam/ HTTP/1.1\r\nHost: [::1\r\n\r\n"sv,
       400},
      {"percent without digits", "GET /% HTTP/1.1\r\n"sv, 400},
      {"percent with one digit", "GET /a%4 HTTP/1.1\r\n"sv, 400},
      {"percent with other letters", "GET /%zz HTTP/1.1\r\n"sv, 400},
      {"empty authority", "GET http:///a HTTP/1.1\r\n"sv, 400},
      {"HTTP/2", "GET / HTTP/2.0\r\n"sv, 505},
      {"HTTP/0.9 spelt out", "GET / HTTP/0.9\r\n"sv, 505},
      {"lower case version", "GET / http/1.1\r\n"sv, 400},
      {"long version", "GET / HTTP/1.10\r\n"sv, 400},
      {"bare LF", "GET / HTTP/1.1\nHost: h\r\n\r\n"sv, 400},
      {"bare CR", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"sv, 400},
      {"NUL", "GET / HTTP/1.1\r\nHost: h\0\r\n\r\n"sv, 400},
      {"TLS", "\x16\x03\x01\x02"sv, 400},
      {"obs-fold", "GET / HTTP/1.1\r\nHost: h\r\n more\r\n\r\n"sv, 400},
      {"space before a colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"sv, 400},
      {"no colon", "GET / HTTP/1.1\r\nHost\r\n\r\n"sv, 400},
      {"empty name", "GET / HTTP/1.1\r\n: h\r\n\r\n"sv, 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n"sv, 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"sv, 400},
      {"two Origins", "GET / HTTP/1.1\r\nHost: h\r\nOrigin: a\r\nOrigin: a\r\n\r\n"sv, 400},
      {"two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"sv, 400},
      {"negative length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"sv, 400},
      {"signed length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n"sv, 400},
      {"hex length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n"sv, 400},
      {"list length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1,1\r\n\r\n"sv, 400},
      {"empty length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"sv, 400},
      {"length beyond 64 bits",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n"sv, 400},
      {"differing lengths",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv, 400},
      {"length and transfer coding",
       "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
       400},
      {"transfer coding", "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"sv, 501},
  };
  for (const BadRequest& bad : cases) {
    EXPECT_EQ(status_of(bad.text), bad.status) << bad.what;
  }
}

TEST(RequestParser, SameLengthTwiceIsOne) {
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n",
                   ParseStatus::done)
                .request()
                .content_length,
            7u);
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
