// SPDX-License-Identifier: Apache-2.0
#include "http/answer/host_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/panel_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

const PeerAddress kProxy = parse_address("192.0.2.7").value();
const std::string kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string request(const std::string& host, const std::string& target = "/snapshot",
                    const std::string& fields = {}, const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
}

// The status of the answer that a client at the proxy's address gets.
int status_of(ShardWorld& shard, const std::string& text) {
  RawClient client(shard, {.peer = kProxy}, {text.starts_with("HEAD")});
  client.send(text);
  EXPECT_TRUE(
      shard.run_until([&] { return client.text().find("\r\n\r\n") != std::string::npos; }, 10s));
  return client.text().size() < 12 ? 0 : std::stoi(client.text().substr(9, 3));
}

ServerConfig trusting_proxy(std::initializer_list<const char*> names) {
  ServerConfig config = PanelWorld::allowing_control();
  config.trusted_proxies.emplace_back("192.0.2.7");
  for (const char* name : names) config.allowed_hosts.add(name);
  return config;
}

// A page whose host's name leads here sends this name.
TEST(HostCheck, AForeignNameGetsNothing) {
  PanelWorld shard;
  shard.run_for(1s);
  for (const char* target : {"/",
                             "/cameras",
                             "/cameras/",
                             "/cameras/cam",
                             "/cameras/cam/stream",
                             "/cameras/cam/snapshot",
                             "/cameras/cam/state",
                             "/cameras/cam/controls",
                             "/cameras/cam/ws",
                             "/favicon.ico",
                             "/viewer.js",
                             "/stock-table",
                             "/viewers",
                             "/stream",
                             "/video_feed",
                             "/snapshot",
                             "/ws",
                             "/state",
                             "/api/v1/state",
                             "/api/v1/summary",
                             "/metrics",
                             "/program.json",
                             "/input_0.json",
                             "/output_0.json",
                             "/?action=stream",
                             "/?action=snapshot",
                             "/?action=command",
                             "/cam_1.jpg",
                             "/nothing"}) {
    for (const char* method : {"GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT"}) {
      EXPECT_EQ(status_of(shard, request("evil.example", target, kUpgrade, method)), 421)
          << method << " " << target;
    }
  }
  EXPECT_EQ(shard.stats().control_requests.value(), 0u);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(HostCheck, TheAnswerNamesTheFlag) {
  PanelWorld shard;
  EXPECT_EQ(ask(shard, request("Evil.example:80")).body,
            "421 Misdirected Request: Evil.example is not a name of this server; --allowed-host "
            "Evil.example adds it\n");
  for (const std::string& odd :
       {std::string("a.%65vil"), std::string("a!b.c"), "x." + std::string(200, 'y')}) {
    EXPECT_EQ(ask(shard, request(odd)).body,
              "421 Misdirected Request: not a name of this server; --allowed-host NAME adds one\n");
  }
  const ParsedResponse page = ask(shard, request("evil.example", "/", "Accept: text/html\r\n"));
  EXPECT_NE(page.body.find("--allowed-host evil.example adds it"), std::string::npos);
  EXPECT_EQ(page.headers.at("cache-control"), "no-store");
}

TEST(HostCheck, TheConnectionIsKept) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch("{}", "Host: x\r\n") + request("evil.example"));
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 400) << "two Hosts";
  RawClient other(shard);
  other.send(
      "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n"
      "Content-Type: application/json\r\n\r\n{}" +
      request("localhost"));
  shard.run_for(1s);
  ASSERT_EQ(other.responses().size(), 2u);
  EXPECT_EQ(other.responses()[0].status, 421);
  EXPECT_EQ(other.responses()[1].status, 200);
  EXPECT_FALSE(other.finished());
}

TEST(HostCheck, ATargetWithAHostCountsInPlaceOfHost) {
  PanelWorld shard;
  EXPECT_EQ(status_of(shard, request("localhost", "http://evil.example/snapshot")), 421);
  EXPECT_EQ(status_of(shard, request("evil.example", "http://localhost:5000/snapshot")), 200);
}

TEST(HostCheck, WithoutANameThereIsNothingToCheck) {
  PanelWorld shard;
  EXPECT_EQ(status_of(shard, "GET /snapshot HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status_of(shard, "GET /snapshot HTTP/1.0\r\nHost: evil.example\r\n\r\n"), 421);
  EXPECT_EQ(status_of(shard, request("")), 200);
}

TEST(HostCheck, ProbesComeUnderAnyName) {
  PanelWorld shard;
  shard.run_for(1s);
  for (const char* target : {"/healthz", "/readyz"}) {
    EXPECT_EQ(status_of(shard, request("balancer.example", target)), 200) << target;
    EXPECT_EQ(status_of(shard, request("balancer.example", target, "", "HEAD")), 200) << target;
  }
}

TEST(HostCheck, AddedNamesAreAnswered) {
  ServerConfig config;
  config.allowed_hosts.add("*.example.org");
  PanelWorld shard(config);
  EXPECT_EQ(status_of(shard, request("CAM.example.org.:8443")), 200);
  EXPECT_EQ(status_of(shard, request("example.org")), 421);
}

// Many proxies pass on these fields as their client, which may be a script, wrote them.
TEST(HostCheck, ATrustedProxyReportsOneMoreHost) {
  PanelWorld shard(trusting_proxy({"cam.example.org"}));
  for (const char* fields :
       {"", "X-Forwarded-Host: cam.example.org\r\n",
        "X-Forwarded-Host: cam.example.org:443, pi5\r\n",
        "Forwarded: for=\"[::1]:4711\";host=\"cam.example.org:443\"\r\n",
        "X-Forwarded-Host: evil.example\r\nX-Forwarded-Host: cam.example.org\r\n"}) {
    EXPECT_EQ(status_of(shard, request("127.0.0.1:5000", "/snapshot", fields)), 200) << fields;
    EXPECT_EQ(status_of(shard, request("evil.example", "/snapshot", fields)), 421) << fields;
  }
  for (const char* fields :
       {"X-Forwarded-Host: evil.example\r\n", "X-Forwarded-Host: cam.example.org, evil.example\r\n",
        "X-Forwarded-Host: evil.example, cam.example.org\r\n", "X-Forwarded-Host: a b\r\n",
        "Forwarded: host=evil.example\r\n", "Forwarded: for=\"x, host=cam.example.org\r\n",
        "X-Forwarded-Host: cam.example.org\r\nForwarded: for=_x, host=evil.example\r\n"}) {
    EXPECT_EQ(status_of(shard, request("127.0.0.1:5000", "/snapshot", fields)), 421) << fields;
  }
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
  PanelWorld stranger;
  EXPECT_EQ(status_of(stranger, request("sim", "/snapshot", "X-Forwarded-Host: evil.example\r\n")),
            200)
      << "who is not trusted is not heard";
}

// A proxy that asks for an address of its own tells what its client asked for.
TEST(HostCheck, OriginIsComparedWithTheReportedHost) {
  const std::string page = "Origin: https://cam.example.org\r\n";
  const std::string report = "X-Forwarded-Host: cam.example.org, pi5\r\n";
  const std::string forwarded = "Forwarded: host=cam.example.org\r\n";
  PanelWorld shard(trusting_proxy({"cam.example.org"}));
  const auto socket = [](ShardWorld& world, const std::string& fields) {
    return status_of(world, request("127.0.0.1:5000", "/ws", kUpgrade + fields));
  };
  EXPECT_EQ(socket(shard, page), 403);
  EXPECT_EQ(socket(shard, page + report), 101);
  EXPECT_EQ(socket(shard, page + forwarded), 101);
  EXPECT_EQ(socket(shard, "Origin: https://pi5\r\n" + report), 403);
  EXPECT_EQ(socket(shard, "Origin: https://evil.example\r\n" + report), 403);
  PanelWorld stranger(PanelWorld::allowing_control());
  EXPECT_EQ(socket(stranger, page + report), 403);

  const std::string json = "Content-Type: application/json\r\nContent-Length: 2\r\n";
  const auto change = [&](ShardWorld& world, const std::string& fields) {
    RawClient client(world, {.peer = kProxy});
    client.send(request("127.0.0.1", "/cameras/cam/controls", json + fields, "PATCH") + "{}");
    world.run_for(10ms);
    return world.stats().control_requests.value();
  };
  EXPECT_EQ(change(shard, page), 0u);
  EXPECT_EQ(change(shard, page + report), 1u);
  EXPECT_EQ(shard.serve(ControlOutcome::done).size(), 1u);
  shard.run_for(10ms);
  // Where all names pass, a script that may send fields could name its own host.
  PanelWorld open(trusting_proxy({"*"}));
  EXPECT_EQ(change(open, page + report), 0u);
}

TEST(HostCheck, RefusalsAreLogged) {
  PanelWorld shard;
  testing::internal::CaptureStderr();
  status_of(shard, request("evil.example"));
  status_of(shard, request("evil.example"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "refused a request from 192.0.2.7 for evil.example: not a name of this server "
            "(--allowed-host)\n");
}

}  // namespace
}  // namespace fanlight
