// SPDX-License-Identifier: Apache-2.0
// Connections with TLS, whose records are made by the shard.
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/http/raw_client.h"
#include "tests/http/tls_raw_client.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

constexpr SimLink kGreedy{.peer = PeerAddress{.bytes = {std::byte{0x20}, std::byte{0x01}}}};

const int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST(ConnectionTls, AnswersRequestsOneAfterTheOther) {
  for (const int version : kVersions) {
    TlsWorld shard;
    {
      TlsRawClient client(shard, {.version = version});
      client.send(get("/healthz"));
      shard.run_for(100ms);
      ASSERT_EQ(client.responses().size(), 1u);
      client.send(get("/snapshot") + get("/healthz"));  // in one record
      shard.run_for(100ms);
      ASSERT_EQ(client.responses().size(), 3u);
      EXPECT_EQ(client.responses()[1].body.size(), 20'000u);
      EXPECT_EQ(client.responses()[2].body, "ok\n");
      EXPECT_EQ(client.violation(), "");
      EXPECT_EQ(shard.stats().tls_handshakes.value(), 1u);
      EXPECT_EQ(shard.stats().tls_failed.value(), 0u);
    }
    expect_nothing_left(shard);
  }
}

TEST(ConnectionTls, ReadsABodyOfManyRecords) {
  TlsWorld shard;
  TlsRawClient client(shard);
  client.send("POST /snapshot HTTP/1.1\r\nHost: sim\r\nContent-Length: 60000\r\n\r\n" +
              std::string(60'000, 'x') + get("/healthz"));
  shard.run_for(1s);
  EXPECT_EQ(client.responses().size(), 2u);
  EXPECT_EQ(client.status(), 200);
}

TEST(ConnectionTls, AStreamIsWholeAndLosesNoFrame) {
  for (const int version : kVersions) {
    TlsWorld shard(calm_world(30, 100'000));
    {
      TlsRawClient viewer(shard, {.version = version});
      viewer.send(get("/stream"));
      shard.run_for(2s);
      EXPECT_GE(viewer.stream().frames, 59u);
      EXPECT_EQ(viewer.stream().gaps, 0u);
      EXPECT_EQ(viewer.violation(), "");
    }
    expect_nothing_left(shard);
  }
}

TEST(ConnectionTls, TheServersEndIsTheClosingDelimiterAndCloseNotify) {
  TlsWorld shard;
  TlsRawClient viewer(shard);
  TlsRawClient idle(shard);
  viewer.send(get("/stream"));
  shard.run_for(1s);
  shard.stop();
  EXPECT_TRUE(viewer.finished());
  EXPECT_TRUE(viewer.stream().closed);
  EXPECT_TRUE(idle.finished());
  EXPECT_EQ(viewer.violation(), "");
}

TEST(ConnectionTls, AnIdleConnectionIsClosedWithCloseNotify) {
  TlsWorld shard;
  TlsRawClient client(shard);
  client.send(get("/healthz"));
  shard.run_for(74s);
  EXPECT_FALSE(client.finished());
  shard.run_for(2s);
  EXPECT_TRUE(client.finished());
}

TEST(ConnectionTls, AStalledViewerIsClosed) {
  TlsWorld shard(calm_world(30, 100'000));
  TlsRawClient viewer(shard);
  viewer.send(get("/stream"));
  shard.run_for(1s);
  viewer.set_reading(false);
  shard.run_for(13s);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 1u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  expect_nothing_left(shard);
}

// A frame that was begun is finished, so that the records stay whole.
TEST(ConnectionTls, ASlowViewerSkipsWholeFrames) {
  TlsWorld shard(calm_world(30, 100'000));
  SimLink slow;
  slow.bytes_per_second = 500'000;
  TlsRawClient viewer(shard, {}, slow);
  viewer.send(get("/stream"));
  shard.run_for(10s);
  EXPECT_GE(viewer.stream().frames, 40u);
  EXPECT_GT(viewer.stream().gaps, 0u);
  EXPECT_EQ(viewer.violation(), "");
  EXPECT_FALSE(viewer.tls().failed());
}

TEST(ConnectionTls, ViewersStayWhenTheCertificateIsReplaced) {
  TlsWorld shard;
  TlsRawClient viewer(shard);
  viewer.send(get("/stream"));
  TlsRawClient amid(shard, {}, {}, true);
  amid.send_piece(SIZE_MAX);
  shard.run_for(1s);
  shard.files.renew("second");
  shard.certificate.reload();
  amid.send_piece(SIZE_MAX);
  TlsRawClient later(shard);
  shard.run_for(1s);
  EXPECT_EQ(viewer.tls().server_name(), "first");
  EXPECT_EQ(viewer.stream().gaps, 0u);
  EXPECT_GE(viewer.stream().frames, 59u);
  EXPECT_EQ(amid.tls().server_name(), "first");
  EXPECT_TRUE(amid.tls().is_established());
  EXPECT_EQ(later.tls().server_name(), "second");
}

TEST(ConnectionTls, AClientThatEndsItsHalfIsServedOn) {
  for (const bool with_fin : {false, true}) {
    TlsWorld shard;
    TlsRawClient viewer(shard);
    viewer.send(get("/stream"));
    shard.run_for(1s);
    if (with_fin) {
      viewer.end_writing();
    } else {
      viewer.end_tls_writing();
    }
    shard.run_for(1s);
    EXPECT_GE(viewer.stream().frames, 59u) << with_fin;
    EXPECT_EQ(viewer.stream().gaps, 0u);
    shard.stop();
    EXPECT_TRUE(viewer.finished());
    EXPECT_TRUE(viewer.stream().closed);
  }
}

TEST(ConnectionTls, AViewerThatViolatesTheProtocolIsReset) {
  for (const std::string& request : {get("/stream"), web_socket_request("/ws")}) {
    TlsWorld shard;
    TlsRawClient viewer(shard);
    viewer.send(request);
    shard.run_for(1s);
    viewer.send_plainly(std::string_view("\x17\x03\x03\x00\x20", 5));
    viewer.send_plainly(std::string(32, 'x'));
    shard.run_for(1s);
    EXPECT_TRUE(viewer.was_reset());
    EXPECT_EQ(shard.stats().connections_open.value(), 0u);
    expect_nothing_left(shard);
  }
}

TEST(ConnectionTls, AViewerMayUpdateItsKeys) {
  TlsWorld shard;
  TlsRawClient viewer(shard, {.version = TLS1_3_VERSION});
  viewer.send(get("/stream"));
  shard.run_for(1s);
  viewer.update_keys();
  shard.run_for(1s);
  EXPECT_GE(viewer.stream().frames, 59u);
  EXPECT_EQ(viewer.violation(), "");
  EXPECT_FALSE(viewer.tls().failed());
}

TEST(ConnectionTls, AWebSocketAnswersPingsBetweenFrames) {
  TlsWorld shard;
  TlsRawClient client(shard);
  client.send(web_socket_request("/ws") + client_frame(kClientPing, "early"));
  shard.run_for(500ms);
  client.send(client_frame(kClientPing, "late") + client_frame(kClientPing, "later"));
  shard.run_for(500ms);
  client.send(client_frame(kClientClose, std::string("\x03\xe8", 2)));
  shard.run_for(500ms);
  EXPECT_NE(client.text().find("\x8a\x05"
                               "early"),
            std::string::npos);
  EXPECT_NE(client.text().find("\x8a\x05"
                               "later"),
            std::string::npos);
  EXPECT_TRUE(client.finished());
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(ConnectionTls, PlainHttpGetsAClearAnswer) {
  TlsWorld shard;
  RawClient client(shard);
  client.send(get("/"));
  shard.run_for(100ms);
  EXPECT_EQ(client.status(), 400);
  EXPECT_NE(client.text().find("plain HTTP on a port for TLS"), std::string::npos);
  EXPECT_TRUE(client.finished());
  EXPECT_EQ(shard.stats().bad_requests.value(), 1u);
}

TEST(ConnectionTls, AHandshakeOnAListenerWithoutTlsIsClosed) {
  ShardWorld shard(calm_world());
  for (const size_t piece : {size_t{1}, SIZE_MAX}) {
    TlsRawClient client(shard, {}, {}, true);
    client.send_piece(piece);
    shard.run_for(100ms);
    EXPECT_TRUE(client.was_cut());
    EXPECT_EQ(client.text(), "");
  }
  EXPECT_EQ(shard.stats().bad_requests.value(), 2u);
}

// Only the first bytes of a connection can be a handshake.
TEST(ConnectionTls, WhoLooksAtTheBytesIsToldWhyAHandshakeIsRefused) {
  constexpr std::string_view kHello("\x16\x03\x01\x02\x00\x01", 6);
  constexpr std::string_view kReason = "this is TLS on a port for plain HTTP";
  ShardWorld shard(calm_world());
  RawClient client(shard);
  client.send(kHello);
  RawClient kept(shard);
  kept.send(get("/healthz"));
  shard.run_for(100ms);
  EXPECT_EQ(client.status(), 400);
  EXPECT_NE(client.text().find(kReason), std::string::npos);
  kept.send(std::string(kHello) + "\r\n\r\n");
  shard.run_for(100ms);
  EXPECT_EQ(kept.status(), 400);
  EXPECT_EQ(kept.text().find(kReason), std::string::npos);
}

TEST(ConnectionTls, WithoutAPlaceItIsClosed) {
  ServerConfig config;
  config.admission.connections_per_address = 1;
  TlsWorld shard(calm_world(), config);
  TlsRawClient first(shard, {}, kGreedy);
  first.send(get("/stream"));
  shard.run_for(100ms);
  TlsRawClient second(shard, {}, kGreedy);
  shard.run_for(100ms);
  EXPECT_TRUE(second.was_cut() || second.was_reset());
  EXPECT_EQ(shard.stats().refused_tls.value(), 1u);
  EXPECT_EQ(first.status(), 200);
}

TEST(ConnectionTls, OneThatHasSentNothingGivesWay) {
  ServerConfig config;
  config.admission.viewers_max = 1;
  TlsWorld shard(calm_world(), config);
  std::deque<TlsRawClient> silent;
  for (int i = 0; i < 65; ++i) silent.emplace_back(shard, TlsClientOptions{}, SimLink{}, true);
  shard.run_for(1100ms);
  TlsRawClient viewer(shard);
  viewer.send(get("/stream"));
  shard.run_for(100ms);
  EXPECT_EQ(viewer.status(), 200);
  EXPECT_TRUE(silent.front().was_cut());
  EXPECT_EQ(shard.stats().evicted_idle.value(), 1u);
}

// Everything that a kernel may do to sends and receives, by seeds.
TEST(ConnectionTls, RecordsSurviveWhateverTheKernelDoes) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    SimWorldConfig config = calm_world(30, 60'000);
    config.seed = seed;
    config.faults = SimFaults::swarm(random);
    TlsWorld shard(config);
    {
      std::deque<TlsRawClient> viewers;
      for (int i = 0; i < 8; ++i) {
        SimLink link;
        if (i % 2 == 1) link.bytes_per_second = 300'000;
        viewers.emplace_back(shard, TlsClientOptions{.version = kVersions[i % 2]}, link)
            .send(get(i % 3 == 0 ? "/stream?frames=5" : "/stream"));
      }
      shard.run_for(3s);
      shard.stop();
      for (const TlsRawClient& viewer : viewers) {
        EXPECT_EQ(viewer.violation(), "");
        EXPECT_FALSE(viewer.tls().failed());
      }
    }
    EXPECT_EQ(shard.world.leftovers(), "");
    EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
  }
}

}  // namespace
}  // namespace fanlight
