// SPDX-License-Identifier: Apache-2.0
#include "http/answer/control.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

const std::string kJson = "Content-Type: application/json\r\n";
const std::string kBody = R"({"brightness":7})";

TEST(Control, TypesThatAreJson) {
  for (const char* type : {"application/json", "Application/JSON", "application/json;charset=utf-8",
                           "application/json ; a=b"}) {
    EXPECT_TRUE(is_json(type)) << type;
  }
  for (const char* type :
       {"", "text/plain", "application/jsonp", "application/x-www-form-urlencoded",
        "text/plain; application/json", "json"}) {
    EXPECT_FALSE(is_json(type)) << type;
  }
}

// Requests from another origin, from a form or sent by mistake never reach the camera.
TEST(Control, IsRefusedBeforeTheCameraHearsOfIt) {
  struct Case {
    std::string request;
    int status;
    std::string words;
  };
  const std::string elsewhere = "this origin is not allowed (--cors-origin)";
  const std::string type = "Content-Type must be application/json";
  for (const Case& c : {
           Case{patch(kBody, kJson + "Origin: http://evil.example\r\n"), 403, elsewhere},
           Case{patch(kBody, kJson + "Origin: null\r\n"), 403, elsewhere},
           Case{patch(kBody, "Origin: null\r\n"), 403, elsewhere},
           Case{patch(kBody, kJson + "Origin: http://sim\r\nOrigin: http://evil.example\r\n"), 400,
                "duplicate Origin"},
           Case{patch(kBody, "Content-Type: text/plain\r\n"), 415, type},
           Case{patch(kBody, ""), 415, type},
           Case{patch(std::string(2049, ' '), kJson), 413, "at most 2048 bytes are allowed"},
           Case{patch("", kJson), 400, "expected an object of controls and their values"},
           Case{patch(kBody, kJson + "If-Match: \"a\"\r\n"), 412, "controls have no ETag"},
       }) {
    PanelWorld shard;
    RawClient client(shard);
    client.send(c.request);
    shard.run_for(10ms);
    EXPECT_EQ(client.status(), c.status) << c.request;
    EXPECT_TRUE(client.text().ends_with(": " + c.words + "\n")) << client.text();
    EXPECT_EQ(client.finished(), c.status == 400 || c.status == 413) << c.status;
    EXPECT_TRUE(shard.serve(ControlOutcome::done).empty());
    EXPECT_EQ(shard.stats().control_requests.value(), 0u);
  }
}

TEST(Control, TheCameraLearnsWhoAsks) {
  ServerConfig config = PanelWorld::allowing_control();
  for (const bool trusted : {false, true}) {
    if (trusted) config.trusted_proxies.emplace_back("0.0.0.0/0");
    PanelWorld shard(config);
    RawClient client(shard);
    client.send(patch(kBody, kJson + "X-Forwarded-For: 192.0.2.7\r\n"));
    shard.run_for(10ms);
    EXPECT_EQ(shard.serve(ControlOutcome::done).size(), 1u);
    EXPECT_EQ(shard.who == "192.0.2.7", trusted) << shard.who;
    EXPECT_NE(shard.who, "");
  }
}

TEST(Control, PagesOfThisServerAndOfTheNamedOneMay) {
  ServerConfig config = PanelWorld::allowing_control();
  config.cors_origins = {"https://other.example", "https://home.example"};
  for (const char* origin : {"http://sim", "https://sim", "https://home.example"}) {
    PanelWorld shard(config);
    RawClient client(shard);
    client.send(patch(kBody, kJson + "Origin: " + origin + "\r\n"));
    shard.run_for(10ms);
    EXPECT_EQ(shard.serve(ControlOutcome::done).size(), 1u) << origin;
    shard.run_for(10ms);
    EXPECT_EQ(client.status(), 200) << origin;
  }
}

TEST(Control, IsOffUnlessAllowed) {
  PanelWorld shard{ServerConfig()};
  RawClient client(shard);
  client.send(patch(kBody));
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 405);
  EXPECT_EQ(client.responses()[0].headers.at("allow"), "GET, HEAD, OPTIONS");
  EXPECT_TRUE(client.text().ends_with("changing controls requires --allow-control\n"));
  EXPECT_TRUE(shard.serve(ControlOutcome::done).empty());
  // Reading is always allowed.
  EXPECT_EQ(ask(shard, get("/cameras/cam/controls")).body, R"({"controls":[]})");
}

TEST(Control, OtherResourcesAreNotPatched) {
  PanelWorld shard;
  for (const char* target : {"/snapshot", "/cameras", "/cameras/cam/state", "/"}) {
    const ParsedResponse response = ask(shard, patch(kBody, kJson, target));
    EXPECT_EQ(response.status, 405) << target;
    EXPECT_EQ(response.headers.at("allow"), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(ask(shard, patch(kBody, kJson, "/cameras/none/controls")).status, 404);
  EXPECT_TRUE(shard.serve(ControlOutcome::done).empty());
}

TEST(Control, ACameraWithoutAPanelTakesNoRequests) {
  ShardWorld shard(SimWorldConfig(), PanelWorld::allowing_control());
  EXPECT_EQ(ask(shard, patch(kBody)).status, 503);
  EXPECT_EQ(ask(shard, get("/cameras/cam/controls")).body, R"({"controls":[]})");
}

TEST(Control, EachOutcomeHasItsStatus) {
  EXPECT_EQ(status_of(ControlOutcome::done), 200);
  EXPECT_EQ(status_of(ControlOutcome::malformed), 400);
  EXPECT_EQ(status_of(ControlOutcome::refused), 409);
  EXPECT_EQ(status_of(ControlOutcome::unavailable), 503);
}

}  // namespace
}  // namespace fanlight
