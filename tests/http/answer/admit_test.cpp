// SPDX-License-Identifier: Apache-2.0
// Requests for streams that are refused: the message, and the counters.
#include "http/answer/admit.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

ParsedResponse ask_beside_a_viewer(ShardWorld& shard, const std::string& target) {
  const SimLink link{.peer = ipv4_peer(0x0a000001)};
  RawClient viewer(shard, link);
  RawClient other(shard, link);
  viewer.send(get("/stream"));
  shard.run_for(100ms);
  EXPECT_EQ(viewer.status(), 200);
  other.send(get(target));
  shard.run_for(100ms);
  EXPECT_EQ(other.violation(), "");
  return other.responses().empty() ? ParsedResponse() : other.responses().front();
}

TEST(Admit, ThereIsAPlaceForEveryKindOfViewerUntilAllAreTaken) {
  ServerConfig config;
  config.admission.viewers_max = 1;
  ShardWorld shard({}, config);
  const ParsedResponse refused = ask_beside_a_viewer(shard, "/stream");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_EQ(refused.body, "503 Service Unavailable: no room for another viewer\n");
  EXPECT_EQ(shard.stats().refused_full.value(), 1u);
}

TEST(Admit, AnAddressMayHaveSoMany) {
  ServerConfig config;
  config.admission.viewers_per_address = 1;
  ShardWorld shard({}, config);
  const ParsedResponse refused = ask_beside_a_viewer(shard, "/video_feed");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "503 Service Unavailable: too many streams from your address\n");
  EXPECT_EQ(shard.stats().refused_address.value(), 1u);
}

// Its connections are the proxy's.
TEST(Admit, AClientOfATrustedProxyMayHaveItsShareOfStreams) {
  ServerConfig config;
  config.admission.connections_per_address = 1;
  config.trusted_proxies.emplace_back("10.0.0.1");
  ShardWorld shard({}, config);
  const SimLink link{.peer = ipv4_peer(0x0a000001)};
  RawClient first(shard, link), second(shard, link), other(shard, link);
  first.send(get("/stream", "X-Forwarded-For: 203.0.113.1\r\n"));
  shard.run_for(10ms);
  second.send(get("/stream", "X-Forwarded-For: 203.0.113.1\r\n"));
  other.send(get("/stream", "X-Forwarded-For: 203.0.113.2\r\n"));
  shard.run_for(100ms);
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(second.responses().at(0).body,
            "503 Service Unavailable: too many streams from your address\n");
  EXPECT_EQ(other.status(), 200);
  EXPECT_EQ(shard.stats().refused_connections.value(), 1u);
  EXPECT_EQ(shard.stats().refused_address.value(), 0u);
}

TEST(Admit, TheWireBearsSoMany) {
  SimWorldConfig world;
  world.camera.fps = 10;
  world.camera.size_min = world.camera.size_max = 20'000;
  ServerConfig config;
  config.wire.bits_per_second = 1'500'000;  // 160 KB/s for a viewer with a claim to 100 KB/s
  config.wire.min_fps = 5;
  ShardWorld shard(world, config);
  shard.run_for(500ms);  // until the size of a picture is known
  const ParsedResponse refused = ask_beside_a_viewer(shard, "/stream");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "503 Service Unavailable: not enough bandwidth for another viewer\n");
  EXPECT_EQ(shard.stats().refused_wire.value(), 1u);
  shard.run_for(300ms);  // until the first viewer's close has been detected
  // A viewer that requests fewer frames is guaranteed less.
  EXPECT_EQ(ask_beside_a_viewer(shard, "/stream?fps=1").status, 200);
}

TEST(Admit, AHeadTakesNoPlace) {
  ServerConfig config;
  config.admission.viewers_max = 1;
  ShardWorld shard({}, config);
  EXPECT_EQ(ask(shard, "HEAD /stream HTTP/1.1\r\nHost: sim\r\n\r\n").status, 200);
  EXPECT_EQ(shard.state.admission.viewers(), 0u);
}

}  // namespace
}  // namespace fanlight
