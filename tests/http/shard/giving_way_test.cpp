// SPDX-License-Identifier: Apache-2.0
// Places for connections: what gives way to new ones, and what clients are told without a place.
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

constexpr size_t kPlaces = 1 + 64;  // of a server for one viewer
constexpr size_t kShare = 16;       // of them for one address

ServerConfig for_one_viewer() {
  ServerConfig config;
  config.admission.viewers_max = 1;
  return config;
}

// Owns: a shard for one viewer, and clients that take its places. Thread: one.
struct FullWorld : ShardWorld {
  FullWorld() : ShardWorld(calm_world(30, 5'000), for_one_viewer()) {}

  // Clients that send `bytes`, and nothing more.
  void fill(std::string_view bytes, size_t count = kPlaces, const SimLink& link = {}) {
    for (size_t i = 0; i < count; ++i) clients.emplace_back(*this, link).send(bytes);
    run_for(10ms);
  }

  std::deque<RawClient> clients;
};

constexpr std::string_view kHalfAHead = "GET /healthz HTTP/1.1\r\n";
constexpr SimLink kGreedy{.peer = PeerAddress{.bytes = {std::byte{0x20}, std::byte{0x01}}}};

TEST(GivingWay, TheConnectionThatHasBeenIdleForLongestDoes) {
  FullWorld shard;
  shard.fill("");
  shard.run_for(1s);
  shard.clients[0].send(get("/healthz"));  // so that the next one has been idle for longest
  shard.run_for(10ms);
  RawClient viewer(shard);
  viewer.send(get("/stream"));
  shard.run_for(100ms);
  EXPECT_EQ(viewer.status(), 200);
  EXPECT_GT(viewer.stream().frames, 1u);
  EXPECT_TRUE(shard.clients[1].finished()) << "closed in order, as after --idle-timeout";
  EXPECT_EQ(shard.clients[1].text(), "");
  EXPECT_EQ(shard.clients[0].ended_at(), kNever);
  EXPECT_EQ(shard.clients[2].ended_at(), kNever);
  EXPECT_EQ(shard.stats().evicted_idle.value(), 1u);
  EXPECT_EQ(shard.stats().refused_full.value(), 0u);
  EXPECT_EQ(shard.stats().connections_open.value(), kPlaces);
  EXPECT_EQ(shard.stats().connections_idle.value(), kPlaces - 1);
}

TEST(GivingWay, OneAfterTheOtherDoesUntilAllAreBusy) {
  FullWorld shard;
  shard.fill("");
  shard.run_for(1s);
  shard.fill(kHalfAHead);
  EXPECT_EQ(shard.stats().evicted_idle.value(), kPlaces);
  EXPECT_EQ(shard.stats().connections_open.value(), kPlaces);
  EXPECT_EQ(shard.stats().connections_idle.value(), 0u);
  RawClient refused(shard);
  refused.send(get("/snapshot"));
  shard.run_for(1ms);
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(shard.stats().evicted_idle.value(), kPlaces);
}

// Their requests may be on their way.
TEST(GivingWay, ConnectionsThatHaveJustComeDoNot) {
  FullWorld shard;
  shard.fill("");
  RawClient early(shard);
  early.send(get("/snapshot"));
  shard.run_for(900ms);
  EXPECT_EQ(early.status(), 503);
  EXPECT_EQ(shard.stats().evicted_idle.value(), 0u);
  for (RawClient& client : shard.clients) client.send(get("/healthz"));
  shard.run_for(10ms);
  for (RawClient& client : shard.clients) EXPECT_EQ(client.status(), 200);
}

TEST(GivingWay, GuestsAreToldWhyTheyHaveNoPlace) {
  FullWorld shard;
  shard.fill(kHalfAHead);
  RawClient viewer(shard), silent(shard), slow(shard);
  viewer.send(get("/stream"));
  slow.send(kHalfAHead);
  shard.run_for(1ms);
  EXPECT_EQ(viewer.responses().at(0).body,
            "503 Service Unavailable: no room for another connection\n");
  EXPECT_EQ(viewer.responses()[0].headers.at("retry-after"), "5");
  EXPECT_TRUE(viewer.finished());
  shard.run_for(1990ms);
  EXPECT_EQ(silent.text() + slow.text(), "");
  shard.run_for(20ms);
  for (const RawClient* guest : {&silent, &slow}) {
    EXPECT_EQ(guest->status(), 503);
    EXPECT_TRUE(guest->finished());
  }
  EXPECT_EQ(shard.stats().refused_full.value(), 3u);
  EXPECT_EQ(shard.stats().bad_requests.value(), 0u);
}

// The server is alive, and whoever asks that must not conclude otherwise.
TEST(GivingWay, GuestsThatAskForTheHealthAreAnswered) {
  FullWorld shard;
  shard.fill(kHalfAHead);
  RawClient monitor(shard);
  monitor.send(get("/healthz") + get("/healthz"));
  shard.run_for(200ms);
  ASSERT_EQ(monitor.responses().size(), 2u);
  for (const ParsedResponse& response : monitor.responses()) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "ok\n");
  }
  monitor.send(get("/healthz") + get("/snapshot"));
  shard.run_for(10ms);
  ASSERT_EQ(monitor.responses().size(), 4u);
  EXPECT_EQ(monitor.responses()[2].status, 200);
  EXPECT_EQ(monitor.responses()[3].status, 503);
  EXPECT_TRUE(monitor.finished());

  EXPECT_EQ(shard.stats().refused_full.value(), 1u) << "only what was answered with 503";

  RawClient idles(shard);
  idles.send(get("/healthz"));
  shard.run_for(3s);
  EXPECT_EQ(idles.responses().size(), 1u) << "no answer without a request";
  EXPECT_TRUE(idles.finished());
}

// A packet is lost, or the client's machine is busy, between its connection and its request.
TEST(GivingWay, AGuestMayBeginLate) {
  FullWorld shard;
  shard.fill(kHalfAHead);
  RawClient monitor(shard);
  shard.run_for(1500ms);
  monitor.send(get("/healthz"));
  shard.run_for(1ms);
  EXPECT_EQ(monitor.status(), 200);
}

// Nobody waits behind guests that say nothing, or do not leave.
TEST(GivingWay, ManyGuestsDelayNobody) {
  FullWorld shard;
  shard.fill(kHalfAHead);
  for (int i = 0; i < 50; ++i) {
    for (int each = 0; each < 100; ++each) {
      shard.clients.emplace_back(shard).send(each % 2 == 0 ? "" : kHalfAHead);
      shard.clients.back().keep_open_behind_end();
    }
    RawClient monitor(shard);
    monitor.send(get("/healthz"));
    shard.run_for(10ms);
    ASSERT_EQ(monitor.status(), 200) << i;
  }
  shard.run_for(2300ms);
  EXPECT_EQ(shard.stats().connections_open.value(), kPlaces);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(GivingWay, AnAddressHasItsShareAndTheOthersTheRest) {
  FullWorld shard;
  shard.fill("", 10 * kShare, kGreedy);
  RawClient greedy(shard, kGreedy);
  greedy.send(get("/snapshot"));
  RawClient viewer(shard), monitor(shard, kGreedy);
  viewer.send(get("/stream"));
  monitor.send(get("/healthz"));
  shard.run_for(3s);
  EXPECT_EQ(greedy.responses().at(0).body,
            "503 Service Unavailable: too many connections from your address\n");
  EXPECT_EQ(greedy.responses()[0].headers.at("retry-after"), "5");
  EXPECT_EQ(viewer.status(), 200);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_EQ(monitor.status(), 200);
  EXPECT_EQ(shard.stats().refused_connections.value(), 9 * kShare + 1);
  EXPECT_EQ(shard.stats().connections_open.value(), kShare + 1);
  EXPECT_EQ(shard.stats().evicted_idle.value(), 0u);

  for (size_t i = 0; i < kShare; ++i) shard.clients[i].close();
  shard.run_for(10ms);
  RawClient again(shard, kGreedy);
  again.send(get("/snapshot"));
  shard.run_for(10ms);
  EXPECT_EQ(again.status(), 200);
}

// SIGTERM while every line has somebody in it.
TEST(GivingWay, AStopLeavesNothingBehind) {
  FullWorld shard;
  shard.fill("", kPlaces / 2);
  shard.fill(kHalfAHead, kPlaces / 2 + 1);
  shard.fill("", 20);
  shard.fill(kHalfAHead, 20);
  for (int i = 0; i < 20; ++i) {
    shard.clients.emplace_back(shard).keep_open_behind_end();
    shard.clients.back().send(get("/snapshot"));
  }
  shard.run_for(10ms);
  EXPECT_LE(shard.stop(), 2s);
  EXPECT_EQ(shard.state.admission.connections(), 0u);
  EXPECT_EQ(shard.stats().connections_idle.value(), 0u);
  EXPECT_EQ(shard.world.leftovers(), "");
}

}  // namespace
}  // namespace fanlight
