// SPDX-License-Identifier: Apache-2.0
#include "http/answer/dispatch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/answer_world.h"

namespace fanlight {
namespace {

TEST(Dispatch, RefusalsByteForByte) {
  World shard;
  const auto refusal = [](const std::string& status, const std::string& fields,
                          const std::string& text, const std::string& policy = "same-origin") {
    return "HTTP/1.1 " + status + "\r\n" + kDate + fields +
           "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\nCache-Control: no-store\r\n" + last_fields(policy) +
           "\r\n" + text;
  };
  const std::string allow = "Allow: GET, HEAD, OPTIONS\r\n";
  const std::string not_found =
      refusal("404 Not Found", "", "404 Not Found: there is nothing here\n");
  EXPECT_EQ(ask_text(shard, get("/nothing")), not_found);
  EXPECT_EQ(ask_text(shard, head_request("/nothing")), head_of(not_found));
  EXPECT_EQ(
      ask_text(shard, "POST /snapshot HTTP/1.1\r\nHost: sim\r\n\r\n"),
      refusal("405 Method Not Allowed", allow,
              "405 Method Not Allowed: only GET, HEAD and OPTIONS are allowed\n", "cross-origin"));
  EXPECT_EQ(ask_text(shard, "PUT /stream HTTP/1.1\r\nHost: sim\r\n\r\n"),
            refusal("405 Method Not Allowed", "Allow: GET, HEAD, OPTIONS, POST\r\n",
                    "405 Method Not Allowed: only GET, HEAD, OPTIONS and POST are allowed\n",
                    "cross-origin"));
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"/stream?fps=x", "fps: must be a number above 0, at most 1000, given once"},
      {"/stream?frames=-1", "frames: must be a whole number above 0, given once"},
      {"/stream?advance_headers=2", "advance_headers: must be 0 or 1, given once"},
      {"/video_feed?frames=2&x=&frames=3", "frames: must be a whole number above 0, given once"},
      {"/snapshot?max_delay=y", "max_delay: must be 0 to 3600000 milliseconds, given once"},
  };
  for (const auto& [target, reason] : wrong) {
    EXPECT_EQ(ask_text(shard, get(target)),
              refusal("400 Bad Request", "Connection: close\r\n",
                      "400 Bad Request: " + reason + "\n", "cross-origin"));
  }
  EXPECT_EQ(ask(shard, get("/healthz?fps=x")).status, 200);
  EXPECT_EQ(ask_text(shard, "OPTIONS * HTTP/1.1\r\nHost: sim\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\n" + kDate + allow + last_fields("same-origin") + "\r\n");
}

// Its target is no path, so there is nothing that might not be found.
TEST(Dispatch, ConnectIsNotAllowed) {
  World shard;
  const auto response = ask(shard, "CONNECT sim:443 HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at("allow"), "GET, HEAD, OPTIONS");
}

TEST(Dispatch, CrossOriginFieldsWhenConfigured) {
  ServerConfig config;
  config.cors_origins = {"https://example.org"};
  World shard(0.1, config);
  for (const char* target : {"/stream?frames=1", "/snapshot", "/healthz", "/state", "/nothing"}) {
    const auto headers = ask(shard, get(target)).headers;
    ASSERT_EQ(headers.count("access-control-allow-origin"), 1u) << target;
    EXPECT_EQ(headers.at("access-control-allow-origin"), "https://example.org") << target;
  }
  EXPECT_EQ(ask_text(shard, "OPTIONS /stream HTTP/1.1\r\nHost: sim\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\n" + kDate +
                "Vary: Origin\r\n"
                "Access-Control-Allow-Origin: https://example.org\r\n"
                "Access-Control-Allow-Credentials: true\r\n"
                "Access-Control-Expose-Headers: X-Timestamp, X-Sequence, X-Slate, ETag\r\n"
                "Allow: GET, HEAD, OPTIONS, POST\r\n"
                "Access-Control-Allow-Methods: GET, HEAD, OPTIONS, POST\r\n"
                "Access-Control-Allow-Headers: *, Authorization, Cache-Control, Content-Type, "
                "If-None-Match, Range, X-Requested-With\r\n" +
                last_fields("cross-origin") + "\r\n");
}

TEST(Dispatch, TheOriginThatIsNamedIsToldBack) {
  ServerConfig config;
  config.cors_origins = {"https://example.org", "http://mainsail.local"};
  World shard(0.1, config);
  const auto headers_for = [&](const std::string& fields) {
    return ask(shard, get("/snapshot", fields)).headers;
  };
  for (const char* origin : {"https://example.org", "http://mainsail.local"}) {
    const auto headers = headers_for(std::string("Origin: ") + origin + "\r\n");
    EXPECT_EQ(headers.at("access-control-allow-origin"), origin);
    EXPECT_EQ(headers.at("access-control-allow-credentials"), "true");
    EXPECT_EQ(headers.at("vary"), "Origin");
  }
  for (const char* fields : {"", "Origin: http://evil.example\r\n", "Origin: null\r\n"}) {
    const auto headers = headers_for(fields);
    EXPECT_EQ(headers.count("access-control-allow-origin"), 0u) << fields;
    EXPECT_EQ(headers.count("access-control-allow-credentials"), 0u) << fields;
    EXPECT_EQ(headers.at("vary"), "Origin") << "a cache must not give it to others";
  }
}

TEST(Dispatch, AnybodyMayReadWithoutCredentials) {
  ServerConfig config;
  config.cors_origins = {"*"};
  World shard(0.1, config);
  const auto headers = ask(shard, get("/snapshot", "Origin: http://any.example\r\n")).headers;
  EXPECT_EQ(headers.at("access-control-allow-origin"), "*");
  EXPECT_EQ(headers.at("access-control-expose-headers"), "X-Timestamp, X-Sequence, X-Slate, ETag");
  EXPECT_EQ(headers.count("access-control-allow-credentials"), 0u);
  EXPECT_EQ(headers.count("vary"), 0u);
}

// Other sites embed pictures in an <img>; nothing else is theirs, and nothing is what it does not
// say. A stream's head has the fields of the contract and no others.
TEST(Dispatch, OnlyPicturesAreForOtherSites) {
  World shard;
  const auto policy_of = [&](const std::string& request) {
    const ParsedResponse response = ask(shard, request);
    EXPECT_EQ(response.headers.count("x-content-type-options"),
              response.headers.count("cross-origin-resource-policy"))
        << request;
    const auto found = response.headers.find("cross-origin-resource-policy");
    return found == response.headers.end() ? "none" : found->second;
  };
  for (const char* target :
       {"/snapshot", "/?action=snapshot", "/snapshot?max_delay=x", "/stream?fps=x", "/favicon.ico",
        "/viewer.js", "/cameras/cam/snapshot"}) {
    EXPECT_EQ(policy_of(get(target)), "cross-origin") << target;
  }
  for (const char* target : {"/",
                             "/cameras",
                             "/cameras/",
                             "/cameras/cam",
                             "/cameras/cam/state",
                             "/cameras/cam/controls",
                             "/state",
                             "/api/v1/state",
                             "/api/v1/summary",
                             "/metrics",
                             "/healthz",
                             "/readyz",
                             "/viewers",
                             "/stock-table",
                             "/program.json",
                             "/input_0.json",
                             "/output_0.json",
                             "/ws",
                             "/nothing",
                             "/?action=command",
                             "/%"}) {
    EXPECT_EQ(policy_of(get(target)), "same-origin") << target;
  }
  EXPECT_EQ(policy_of("nonsense\r\n\r\n"), "same-origin");
  EXPECT_EQ(policy_of(get("/stream?frames=1")), "none");
}

TEST(Dispatch, EveryAnswerIsDated) {
  World shard;
  shard.run_for(1s);
  const std::string later = "Sun, 06 Nov 1994 08:49:38 GMT";
  const std::vector<std::string> requests = {
      get("/"),
      get("/cameras"),
      get("/stream?frames=1"),
      get("/snapshot"),
      get("/state"),
      get("/metrics"),
      get("/api/v1/state"),
      get("/healthz"),
      get("/readyz"),
      get("/nothing"),
      head_request("/metrics"),
      "nonsense\r\n\r\n",
      get("/snapshot", "If-None-Match: *\r\n"),
      "BREW / HTTP/1.1\r\nHost: sim\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: sim\r\n\r\n",
  };
  for (const std::string& request : requests) {
    const auto headers = ask(shard, request).headers;
    ASSERT_EQ(headers.count("date"), 1u) << request;
    EXPECT_EQ(headers.at("date"), later) << request;
  }
}

}  // namespace
}  // namespace fanlight
