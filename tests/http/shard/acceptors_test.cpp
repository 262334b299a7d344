// SPDX-License-Identifier: Apache-2.0
#include "http/shard/acceptors.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

ServerConfig places(size_t viewers) {
  ServerConfig config;
  config.admission.viewers_max = viewers;
  return config;
}

// Captures the log during its lifetime.
class Log {
 public:
  Log() { testing::internal::CaptureStderr(); }
  ~Log() {
    if (!taken_) testing::internal::GetCapturedStderr();
  }
  size_t lines_with(const std::string& what) {
    if (!std::exchange(taken_, true)) text_ = testing::internal::GetCapturedStderr();
    size_t count = 0;
    for (size_t at = text_.find(what); at != text_.npos; at = text_.find(what, at + 1)) ++count;
    return count;
  }

 private:
  std::string text_;
  bool taken_ = false;
};

constexpr size_t kPlaces = 1 + 64;  // connections of a server for one viewer

// The places for refusals are limited too; clients beyond them wait in the backlog.
TEST(Acceptors, RefusedClientsThatStayDoNotOccupyTheirPlacesForLong) {
  ShardWorld shard(calm_world(30, 5'000), places(1));
  Log log;
  std::deque<RawClient> idle;
  for (size_t i = 0; i < kPlaces; ++i) idle.emplace_back(shard);
  shard.run_for(10ms);
  std::deque<RawClient> stubborn;
  for (size_t i = 0; i < 1000; ++i) {
    stubborn.emplace_back(shard);
    stubborn.back().keep_open_behind_end();
  }
  shard.run_for(1ms);
  EXPECT_GT(shard.stats().connections_open.value(), kPlaces);
  EXPECT_LE(shard.stats().connections_open.value(), kPlaces + kAdminPlaces + 256);
  shard.run_for(2300ms);
  for (const RawClient& client : stubborn) EXPECT_EQ(client.status(), 503);
  shard.run_for(300ms);
  EXPECT_EQ(shard.stats().connections_open.value(), kPlaces);
  EXPECT_EQ(shard.stats().refused_full.value(), 1000u);
  EXPECT_EQ(log.lines_with("server full: "), 1u);
}

TEST(Acceptors, WithoutDescriptorsClientsAreToldOneAfterTheOther) {
  ShardWorld shard(calm_world(30, 5'000));
  SimBackend& backend = shard.world.backend();
  backend.set_descriptor_limit(backend.open_descriptors() + 2);
  Log log;
  RawClient first(shard), second(shard);
  shard.run_for(10ms);
  std::deque<RawClient> refused;
  for (int i = 0; i < 200; ++i) {
    refused.emplace_back(shard);
    refused.back().send(get("/stream"));
  }
  shard.run_for(1s);
  for (const RawClient& client : refused) {
    ASSERT_EQ(client.status(), 503);
    EXPECT_EQ(client.responses().back().headers.at("retry-after"), "5");
    EXPECT_TRUE(client.finished());
  }
  EXPECT_EQ(shard.stats().refused_descriptors.value(), 200u);

  // While it is full and no client connects, it only handles the camera's frames.
  const uint64_t waits = backend.counts().waits;
  shard.run_for(10s);
  EXPECT_LE(backend.counts().waits - waits, 330u);

  first.close();
  shard.run_for(10ms);
  RawClient welcome(shard);
  welcome.send(get("/healthz"));
  shard.run_for(10ms);
  EXPECT_EQ(welcome.status(), 200);
  second.send(get("/healthz"));
  shard.run_for(10ms);
  EXPECT_EQ(second.status(), 200);
  EXPECT_EQ(log.lines_with("Too many open files; with 2 connections open"), 1u);
  EXPECT_EQ(log.lines_with("\n"), 1u);
}

// The spare descriptor was closed, and another part of the process took it.
TEST(Acceptors, WithoutEvenASpareItTriesOnceASecond) {
  ShardWorld shard(calm_world(30, 5'000));
  SimBackend& backend = shard.world.backend();
  backend.set_descriptor_limit(backend.open_descriptors() - 1);
  Log log;
  RawClient waits(shard);
  waits.send(get("/healthz"));
  shard.run_for(5500ms);
  EXPECT_EQ(waits.text(), "");
  EXPECT_GE(shard.stats().accept_failures.value(), 6u);
  EXPECT_LE(shard.stats().accept_failures.value(), 8u);
  backend.set_descriptor_limit(SIZE_MAX);
  shard.run_for(1100ms);
  EXPECT_NE(waits.status(), 0);
  EXPECT_EQ(log.lines_with("\n"), 1u);
}

}  // namespace
}  // namespace fanlight
