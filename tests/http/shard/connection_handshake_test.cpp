// SPDX-License-Identifier: Apache-2.0
// TLS handshakes: slow, broken and many of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "http/shard/tls_places.h"
#include "tests/http/raw_client.h"
#include "tests/http/tls_raw_client.h"

namespace fanlight {
namespace {

constexpr SimLink kGreedy{.peer = PeerAddress{.bytes = {std::byte{0x20}, std::byte{0x01}}}};

const int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST(Handshake, ShakesHandsInPiecesOfOneByte) {
  for (const int version : kVersions) {
    TlsWorld shard;
    TlsRawClient client(shard, {.version = version}, {}, true);
    for (int bytes = 0; bytes < 5000 && !client.tls().is_established(); ++bytes) {
      client.send_piece(1);
      shard.run_for(1ms);
    }
    ASSERT_TRUE(client.tls().is_established());
    client.send(get("/healthz"));
    while (client.send_piece(1)) shard.run_for(1ms);
    EXPECT_EQ(client.status(), 200);
  }
}

TEST(Handshake, AHandshakeThatStallsIsClosedAfterTheHeaderTimeout) {
  TlsWorld shard;
  TlsRawClient half(shard, {}, {}, true);
  half.send_piece(100);
  TlsRawClient silent(shard, {}, {}, true);
  TlsRawClient unanswered(shard, {}, {}, true);
  unanswered.send_piece(SIZE_MAX);
  shard.run_for(9900ms);
  EXPECT_EQ(shard.stats().connections_open.value(), 3u);
  shard.run_for(200ms);
  EXPECT_TRUE(half.was_cut());
  EXPECT_TRUE(silent.was_cut());
  EXPECT_TRUE(unanswered.was_cut());
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(shard.stats().tls_failed.value(), 2u);
  EXPECT_EQ(shard.state.admission.addresses(), 0u);
  expect_nothing_left(shard);
}

TEST(Handshake, AClientThatVanishesAmidTheHandshakeIsForgotten) {
  for (const bool by_reset : {false, true}) {
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{100}, SIZE_MAX}) {
      TlsWorld shard;
      TlsRawClient client(shard, {}, {}, true);
      client.send_piece(bytes);
      shard.run_for(100ms);
      if (by_reset) {
        client.reset();
      } else {
        client.close();
      }
      shard.run_for(100ms);
      EXPECT_EQ(shard.stats().connections_open.value(), 0u) << bytes;
      expect_nothing_left(shard);
    }
  }
}

TEST(Handshake, BytesThatAreNoHandshakeGetAnAlert) {
  TlsWorld shard;
  TlsRawClient client(shard, {}, {}, true);
  client.send_plainly(std::string_view("\x16\x03\x01\x00\x05\x99\x00\x00\x01\x00", 10));
  shard.run_for(100ms);
  EXPECT_TRUE(client.tls().failed());
  EXPECT_EQ(shard.stats().tls_failed.value(), 1u);
}

// Between two iterations at most two steps are made; each handshake takes two.
TEST(Handshake, AFloodOfHandshakesCostsViewersNoFrame) {
  TlsWorld shard(calm_world(30, 100'000));
  std::deque<TlsRawClient> viewers;
  for (int i = 0; i < 10; ++i) viewers.emplace_back(shard).send(get("/stream"));
  shard.run_for(1s);
  std::deque<TlsRawClient> flood;
  for (int i = 0; i < 400; ++i) flood.emplace_back(shard);
  uint64_t before = shard.stats().tls_handshakes.value();
  uint64_t most = 0;
  EXPECT_TRUE(shard.run_until(
      [&] {
        const uint64_t now = shard.stats().tls_handshakes.value();
        most = std::max(most, now - std::exchange(before, now));
        return now == 410;
      },
      10s));
  EXPECT_LE(most, TlsPlaces::kStepsPerTurn);
  for (const TlsRawClient& client : flood) EXPECT_TRUE(client.tls().is_established());
  for (const TlsRawClient& viewer : viewers) {
    EXPECT_EQ(viewer.stream().gaps, 0u);
    EXPECT_EQ(viewer.violation(), "");
  }
}

// To begin a handshake, and to find that it is none, is no step of one: many are made at a time.
TEST(Handshake, ManyThatAreNoneNeedFewIterations) {
  constexpr size_t kClients = 60;
  static_assert(kClients < TlsPlaces::kTriesPerTurn && kClients > 10 * TlsPlaces::kStepsPerTurn);
  ServerConfig config;
  config.admission.connections_per_address = 0;
  TlsWorld shard(calm_world(1), config);
  std::deque<RawClient> clients;
  for (size_t i = 0; i < kClients; ++i) {
    const SimLink link{.peer = parse_address("10.0.1." + std::to_string(i + 1)).value()};
    clients.emplace_back(shard, link).send(get("/"));
  }
  const uint64_t before = shard.world.backend().counts().waits;
  shard.run_for(10ms);
  for (const RawClient& client : clients) EXPECT_EQ(client.status(), 400);
  EXPECT_LT(shard.world.backend().counts().waits - before, kClients / TlsPlaces::kStepsPerTurn);
}

TEST(Handshake, HandshakesOfOneAddressHoldUpNoOther) {
  ServerConfig config;
  config.admission.connections_per_address = 0;
  TlsWorld shard(calm_world(), config);
  std::deque<TlsRawClient> greedy;
  for (int i = 0; i < 100; ++i) {
    greedy.emplace_back(shard, TlsClientOptions{}, kGreedy, true).send_piece(100);
  }
  shard.run_for(100ms);
  TlsRawClient other(shard);
  other.send(get("/healthz"));
  shard.run_for(100ms);
  EXPECT_EQ(other.status(), 200);
  // Those that wait go on as soon as there are places.
  for (size_t i = 0; i < TlsPlaces::kHandshakesPerAddress; ++i) greedy[i].close();
  shard.run_for(100ms);
  for (int round = 0; round < 20; ++round) {
    for (TlsRawClient& client : greedy) client.send_piece(SIZE_MAX);
    shard.run_for(100ms);
  }
  EXPECT_EQ(shard.stats().tls_handshakes.value(),
            1u + greedy.size() - TlsPlaces::kHandshakesPerAddress);
}

TEST(Handshake, AtMostSoManyHandshakesAreUnderWay) {
  ServerConfig config;
  config.admission.viewers_max = 600;
  TlsWorld shard(calm_world(), config);
  std::deque<TlsRawClient> clients;
  for (size_t i = 0; i < TlsPlaces::kHandshakesMax + 10; ++i) {
    clients.emplace_back(shard, TlsClientOptions{}, SimLink{}, true).send_piece(100);
  }
  shard.run_for(1s);
  TlsRawClient late(shard);
  shard.run_for(5s);
  EXPECT_FALSE(late.tls().is_established());
  clients.clear();
  shard.run_for(1s);
  EXPECT_TRUE(late.tls().is_established());
}

}  // namespace
}  // namespace fanlight
