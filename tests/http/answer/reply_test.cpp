// SPDX-License-Identifier: Apache-2.0
// The properties that all answers share are tested in dispatch_test.cpp, byte for byte.
#include "http/answer/reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

std::string options(const std::string& target) {
  return "OPTIONS " + target + " HTTP/1.1\r\nHost: sim\r\n\r\n";
}

TEST(Reply, AllowListsWhatTheResourceTakes) {
  PanelWorld shard;
  EXPECT_EQ(ask(shard, options("/cameras/cam/controls")).headers.at("allow"),
            "GET, HEAD, OPTIONS, PATCH");
  for (const char* target :
       {"*", "/", "/snapshot", "/cameras/cam/state", "/cameras/none/controls"}) {
    EXPECT_EQ(ask(shard, options(target)).headers.at("allow"), "GET, HEAD, OPTIONS") << target;
  }
  EXPECT_EQ(ask(shard, options("/stream")).headers.at("allow"), "GET, HEAD, OPTIONS, POST");
  const ParsedResponse refused =
      ask(shard, "PUT /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.at("allow"), "GET, HEAD, OPTIONS, PATCH");
  EXPECT_EQ(refused.body,
            "405 Method Not Allowed: only GET, HEAD, OPTIONS and PATCH are allowed\n");
  PanelWorld closed{ServerConfig()};
  EXPECT_EQ(ask(closed, options("/cameras/cam/controls")).headers.at("allow"),
            "GET, HEAD, OPTIONS");
}

// RFC 9110 sections 12.5.1, 8.3.1 and 12.4.2.
TEST(Reply, WhoWantsHtml) {
  const auto wants = [](std::string_view accept) {
    Request request;
    request.accept = accept;
    return wants_html(request);
  };
  for (const char* accept : {"text/html", "TEXT/Html", "text/html,application/xhtml+xml,*/*;q=0.8",
                             "a/b , text/html ; q=0.1", "text/html;level=0", "text/html;q=1.0"}) {
    EXPECT_TRUE(wants(accept)) << accept;
  }
  for (const char* accept :
       {"", "*/*", "text/*", "application/json", "text/html;q=0", "text/html; Q=0.000, a/b",
        "text/html;a=b;q=0.", "text/html5", "xtext/html", "a/b;c=text/html"}) {
    EXPECT_FALSE(wants(accept)) << accept;
  }
}

TEST(Reply, PreflightAllowsAPatchForTheNamedOrigin) {
  ServerConfig config = PanelWorld::allowing_control();
  config.cors_origins = {"https://home.example"};
  PanelWorld shard(config);
  const auto headers = ask(shard, options("/cameras/cam/controls")).headers;
  EXPECT_EQ(headers.at("access-control-allow-origin"), "https://home.example");
  EXPECT_EQ(headers.at("access-control-allow-methods"), "GET, HEAD, OPTIONS, PATCH");
  EXPECT_EQ(headers.at("access-control-allow-credentials"), "true");
  const std::string& fields = headers.at("access-control-allow-headers");
  for (const char* name : {"*", "Authorization", "Content-Type"}) {
    EXPECT_NE((", " + fields + ",").find(std::string(", ") + name + ","), std::string::npos)
        << name;
  }
}

PageOpening opening_of(PanelWorld& shard) {
  const CaptureStats& stats = shard.state.cameras[0].ring->stats();
  return {stats.width.value(), stats.height.value()};
}

TEST(Reply, PagesSayWhatTheyMayDo) {
  PanelWorld shard;
  const Pages& pages = shard.state.pages;
  for (const char* target : {"/", "/?action=dance", "/cameras/cam"}) {
    const ParsedResponse page = ask(shard, get(target));
    const PageOpening opening = opening_of(shard);
    EXPECT_EQ(page.body, std::string(opening.text()) +
                             std::string(target[1] == 'c' ? pages.camera(0) : pages.root()));
    EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.headers.at("content-security-policy"),
              std::string(pages.camera_policy()) + " " +
                  std::string(opening.source().begin(), opening.source().end()));
    EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(page.headers.at("referrer-policy"), "no-referrer");
  }
  const ParsedResponse head = ask(shard, "HEAD /cameras/cam HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_EQ(head.headers.at("content-length"),
            std::to_string(opening_of(shard).text().size() + pages.camera(0).size()));
}

// A relay that finds itself in Via detects that it is its own source.
TEST(Reply, PicturesTellThroughWhichServersTheyCame) {
  PanelWorld shard;
  shard.run_for(10ms);
  const auto via_of = [&shard](const std::string& target) {
    const auto headers = ask(shard, "HEAD " + target + " HTTP/1.1\r\nHost: sim\r\n\r\n").headers;
    return headers.count("via") == 0 ? "none" : headers.at("via");
  };
  EXPECT_EQ(via_of("/stream"), "none");
  const std::string longest(CameraPanel::kViaBytesMax, 'v');
  for (const std::string& via : {std::string("1.1 porch-5f, 1.1 attic-77"), longest}) {
    shard.panel.describe("relay", "as it comes", via);
    for (const char* target : {"/stream", "/video_feed", "/cameras/cam/stream", "/snapshot"}) {
      EXPECT_EQ(via_of(target), via) << target;
    }
    EXPECT_EQ(ask(shard, get("/stream?frames=1")).headers.at("via"), via);
  }
  for (const char* target : {"/", "/state", "/cameras"}) EXPECT_EQ(via_of(target), "none");
}

}  // namespace
}  // namespace fanlight
