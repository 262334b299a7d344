// SPDX-License-Identifier: Apache-2.0
#include "http/shard/connection.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

constexpr Duration kAtOnce = 5ms;

ServerConfig timeouts() {
  ServerConfig config;
  config.header_timeout = 3s;
  config.idle_timeout = 6s;
  config.viewer_stall_timeout = 5s;
  return config;
}

std::string type_of(const ParsedResponse& response) {
  return response.headers.at("content-type");
}

TEST(Connection, AnswersPipelinedRequestsInOrderAndKeepsTheConnection) {
  ShardWorld shard(calm_world(30, 20'000), timeouts());
  RawClient client(shard, {}, {false, true, false, false, false});
  client.send(get("/healthz") + "HEAD /snapshot HTTP/1.1\r\nHost: sim\r\n\r\n" + get("/snapshot") +
              get("/state"));
  shard.run_for(100ms);
  ASSERT_EQ(client.responses().size(), 4u) << client.violation();
  EXPECT_EQ(client.responses()[0].body, "ok\n");
  EXPECT_EQ(type_of(client.responses()[1]), "image/jpeg");
  EXPECT_EQ(client.responses()[1].body, "");
  EXPECT_EQ(client.responses()[2].body.size(), 20'000u);
  EXPECT_EQ(type_of(client.responses()[3]), "application/json");

  client.send(get("/healthz"));
  shard.run_for(100ms);
  ASSERT_EQ(client.responses().size(), 5u);
  EXPECT_EQ(client.ended_at(), kNever);
  EXPECT_EQ(shard.stats().connections_accepted.value(), 1u);
  EXPECT_EQ(shard.stats().requests.value(), 5u);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// The error is unambiguous, and so is the beginning of the next request.
TEST(Connection, AnswersWhatIsPipelinedBehindAnError) {
  const std::vector<std::pair<int, std::string>> cases = {
      {404, get("/nothing")},
      {404, get("/stock-table")},
      {404, "POST /nothing HTTP/1.1\r\nHost: sim\r\nContent-Length: 5\r\n\r\nhello"},
      {405, "PUT /snapshot HTTP/1.1\r\nHost: sim\r\nContent-Length: 5\r\n\r\nhello"},
      {405, "DELETE / HTTP/1.1\r\nHost: sim\r\n\r\n"},
      {426, get("/ws")},
  };
  for (const auto& [status, request] : cases) {
    SCOPED_TRACE(request);
    ShardWorld shard(calm_world(30, 20'000));
    RawClient client(shard);
    client.send(request + get("/healthz"));
    shard.run_for(100ms);
    ASSERT_EQ(client.responses().size(), 2u) << client.text();
    EXPECT_EQ(client.responses()[0].status, status);
    EXPECT_EQ(client.responses()[1].body, "ok\n");
    EXPECT_EQ(client.ended_at(), kNever);
  }
}

TEST(Connection, AnErrorHasNoBodyForHead) {
  const std::vector<std::pair<int, std::string>> cases = {
      {400, "HEAD / HTTP/1.1\r\n\r\n"},
      {400, "HEAD  / HTTP/1.1\r\n\r\n"},
      {400, "HEAD /\x01"},
      {400, "HEAD /stream?fps=x HTTP/1.1\r\nHost: sim\r\n\r\n"},
      {404, "HEAD /nothing HTTP/1.1\r\nHost: sim\r\n\r\n"},
      {408, "HEAD /"},
      {413, "HEAD / HTTP/1.1\r\nHost: sim\r\nContent-Length: 1000000\r\n\r\n"},
      {414, "HEAD /" + std::string(9000, 'x')},
      {426, "HEAD /ws HTTP/1.1\r\nHost: sim\r\n\r\n"},
      {431, "HEAD / HTTP/1.1\r\nX: " + std::string(9000, 'x')},
      {501, "HEAD / HTTP/1.1\r\nHost: sim\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {505, "HEAD / HTTP/2.0\r\n\r\n"},
  };
  for (const auto& [status, request] : cases) {
    SCOPED_TRACE(status);
    ShardWorld shard(calm_world(30, 20'000), timeouts());
    RawClient client(shard, {}, {true});
    client.send(request);
    shard.run_for(4s);
    EXPECT_TRUE(client.text().starts_with("HTTP/1.1 " + std::to_string(status))) << client.text();
    EXPECT_TRUE(client.text().ends_with("\r\n\r\n")) << client.text();
  }
}

TEST(Connection, Http10IsClosedUnlessItAsksToBeKept) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient closed(shard);
  RawClient kept(shard);
  closed.send("GET /healthz HTTP/1.0\r\n\r\n");
  kept.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  shard.run_for(100ms);
  ASSERT_TRUE(closed.answered() && kept.answered());
  EXPECT_EQ(closed.responses()[0].version, "HTTP/1.0");
  EXPECT_EQ(closed.responses()[0].headers.at("connection"), "close");
  EXPECT_TRUE(closed.finished());
  EXPECT_EQ(kept.responses()[0].headers.at("connection"), "keep-alive");
  EXPECT_EQ(kept.ended_at(), kNever);
}

TEST(Connection, TakesARequestByteByByte) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient client(shard);
  const std::string request = get("/healthz");
  for (const char c : request) {
    EXPECT_EQ(client.text(), "");
    client.send({&c, 1});
    shard.run_for(10ms);
  }
  EXPECT_EQ(client.status(), 200);
}

// Also after an idle time before the first byte, and although bytes keep arriving.
TEST(Connection, HeaderTimeoutCountsFromTheFirstByte) {
  ShardWorld shard(calm_world(30, 20'000), timeouts());
  RawClient client(shard);
  shard.run_for(5s);
  const Instant begun = shard.world.now();
  for (int i = 0; i < 60 && client.ended_at() == kNever; ++i) {
    client.send("G");
    shard.run_for(100ms);
  }
  EXPECT_EQ(client.status(), 408);
  EXPECT_TRUE(client.answered());
  ASSERT_TRUE(client.finished());
  EXPECT_GE(client.ended_at() - begun, 3s);
  EXPECT_LE(client.ended_at() - begun, 3s + kAtOnce);
}

TEST(Connection, IdleConnectionIsClosedWithoutAnAnswer) {
  ShardWorld shard(calm_world(30, 20'000), timeouts());
  RawClient silent(shard);
  RawClient once(shard);
  const Instant begun = shard.world.now();
  shard.run_for(2s);
  once.send(get("/healthz"));
  shard.run_for(10s);
  EXPECT_EQ(silent.text(), "");
  ASSERT_TRUE(silent.finished());
  EXPECT_GE(silent.ended_at() - begun, 6s);
  EXPECT_LE(silent.ended_at() - begun, 6s + kAtOnce);
  // Measured anew from the answer.
  EXPECT_EQ(once.responses().size(), 1u);
  ASSERT_TRUE(once.finished());
  EXPECT_GE(once.ended_at() - begun, 8s);
  EXPECT_LE(once.ended_at() - begun, 8s + kAtOnce);
}

TEST(Connection, DrainsABodyAndAnswersTheNextRequest) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient client(shard);
  std::string body;
  while (body.size() < 20'000) body += get("/nothing");
  client.send(get("/healthz", "Content-Length: " + std::to_string(body.size()) + "\r\n"));
  for (size_t at = 0; at < body.size(); at += 7'000) {
    shard.run_for(10ms);
    EXPECT_EQ(client.text(), "");
    client.send(std::string_view(body).substr(at, 7'000));
  }
  client.send(get("/readyz"));
  shard.run_for(10ms);
  ASSERT_EQ(client.responses().size(), 2u);
  EXPECT_EQ(client.responses()[0].status, 200);
  EXPECT_EQ(client.responses()[1].status, 200);
  EXPECT_EQ(client.ended_at(), kNever);
}

// The longest head leaves no room in the buffer to read a body.
TEST(Connection, ABodyBehindTheLongestHeadIsRefused) {
  const std::string begin = "GET /healthz HTTP/1.1\r\nHost: sim\r\nContent-Length: 5\r\nX: ";
  for (const size_t size : {RequestReader::kInputSize - 1, RequestReader::kInputSize}) {
    ShardWorld shard(calm_world(30, 20'000));
    RawClient client(shard);
    client.send(begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n");
    shard.run_for(10ms);
    client.send("hello");
    shard.run_for(10ms);
    EXPECT_EQ(client.status(), size == RequestReader::kInputSize ? 413 : 200) << size;
  }
}

TEST(Connection, ContinueIsSentOnlyWhenTheBodyHasNotBegun) {
  const std::string head = get("/healthz", "Content-Length: 5\r\nExpect: 100-continue\r\n");
  ShardWorld shard(calm_world(30, 20'000));
  RawClient asks(shard);
  RawClient begins(shard);
  asks.send(head);
  begins.send(head + "he");
  shard.run_for(10ms);
  EXPECT_EQ(asks.text(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(begins.text(), "");
  asks.send("hello");
  begins.send("llo");
  shard.run_for(10ms);
  ASSERT_EQ(asks.responses().size(), 2u);
  EXPECT_EQ(asks.responses()[1].body, "ok\n");
  ASSERT_EQ(begins.responses().size(), 1u);
  EXPECT_EQ(begins.responses()[0].body, "ok\n");
}

// The answer takes 50 ms to reach the client, which keeps sending: a close would reset it.
TEST(Connection, ARefusalArrivesAlthoughTheClientGoesOnSending) {
  const std::vector<std::pair<int, std::string>> cases = {
      {413, get("/healthz", "Content-Length: 1000000\r\n")},
      {414, "GET /" + std::string(9000, 'x')},
      {431, get("/healthz", "X-Long: " + std::string(9000, 'x') + "\r\n")},
  };
  for (const auto& [status, request] : cases) {
    SCOPED_TRACE(status);
    ShardWorld shard(calm_world(30, 20'000));
    RawClient client(shard, {.latency = 50ms});
    client.send(request);
    for (int i = 0; i < 300; ++i) {
      client.send(std::string(500, 'y'));
      shard.run_for(1ms);
    }
    EXPECT_EQ(client.status(), status);
    EXPECT_TRUE(client.answered());
    EXPECT_TRUE(client.finished());
    EXPECT_EQ(client.responses().back().headers.at("connection"), "close");
    EXPECT_EQ(shard.stats().bad_requests.value(), 1u);
    shard.run_for(1s);
    EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  }
}

// The server does not wait for a client that never closes its half; bytes received are not lost.
TEST(Connection, LingeringEndsWithoutTheClientsHelp) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient client(shard);
  client.keep_open_behind_end();
  client.send("nonsense\r\n\r\n");
  shard.run_for(1s);
  EXPECT_EQ(client.status(), 400);
  EXPECT_EQ(shard.stats().connections_open.value(), 1u);
  shard.run_for(4s);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(Connection, LingeringEndsWhenTheClientSendsTooMuch) {
  ShardWorld shard(calm_world(30, 20'000));
  RawClient client(shard);
  client.keep_open_behind_end();
  client.send("nonsense\r\n\r\n");
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 400);
  for (size_t sent = 0; sent < 256 << 10; sent += 4096) {
    client.send(std::string(4096, 'x'));
    shard.run_for(1ms);
  }
  EXPECT_EQ(shard.stats().connections_open.value(), 1u);
  client.send("x");
  shard.run_for(1ms);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(Connection, AFailedSendIsCountedAsAnError) {
  SimWorldConfig config = calm_world(30, 20'000);
  config.faults.send_no_buffers = 1;
  ShardWorld shard(config);
  RawClient client(shard);
  client.send(get("/healthz"));
  shard.run_for(10ms);
  EXPECT_TRUE(client.was_reset());
  EXPECT_EQ(shard.stats().errors.value(), 1u);
}

TEST(Connection, StalledViewerIsResetAndItsKernelMemoryFreed) {
  ShardWorld shard(calm_world(30, 100'000), timeouts());
  SimScript script;
  script.stall_after = 150'000;
  script.link = {.send_buffer = 32 << 10, .receive_window = 16 << 10};
  SimViewer& viewer = shard.world.add(script);
  shard.run_for(4s);
  EXPECT_EQ(viewer.end(), SimEnd::open);
  EXPECT_GT(shard.world.backend().network().kernel_bytes(), 0u);
  shard.run_for(10s);
  EXPECT_EQ(viewer.end(), SimEnd::reset);
  EXPECT_GE(viewer.ended_at() - viewer.last_byte_at(), 5s);
  EXPECT_LE(viewer.ended_at() - viewer.last_byte_at(), 7s);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 1u);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
  EXPECT_EQ(shard.world.backend().network().kernel_bytes(), 0u);
  EXPECT_EQ(shard.world.backend().network().orphans(), 0u);
}

// The kernel may be handing the request from one of its queues to another.
TEST(Connection, ACancelWithoutEffectIsRepeated) {
  SimWorldConfig config = calm_world(30, 100'000);
  config.faults.cancel_lost = 0.9;
  ShardWorld shard(config, timeouts());
  RawClient stalled(shard, {.send_buffer = 32 << 10, .receive_window = 16 << 10});
  stalled.set_reading(false);
  stalled.send(get("/stream"));
  RawClient half(shard);  // sends nothing but the beginning of a request
  half.send("GET / HTTP/1.1");
  shard.run_for(1min);
  EXPECT_EQ(half.status(), 408);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 1u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(Connection, SlowViewerThatMakesProgressIsKept) {
  ShardWorld shard(calm_world(30, 100'000), timeouts());
  SimScript script;
  script.read_rate = 1'000;
  script.link = {.send_buffer = 32 << 10, .receive_window = 4 << 10};
  SimViewer& viewer = shard.world.add(script);
  shard.run_for(5min);
  EXPECT_EQ(viewer.end(), SimEnd::open);
  EXPECT_EQ(viewer.stream().frames, 2u);
  EXPECT_EQ(viewer.violation(), "");
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 0u);
}

}  // namespace
}  // namespace fanlight
