// SPDX-License-Identifier: Apache-2.0
// What fault_sweep found, as cases of their own.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/http/calm_world.h"
#include "tests/sim/faults/fault_plan.h"
#include "tests/sim/shard_world.h"

namespace fanlight {
namespace {

// A wake that could not be read ended the process.
TEST(FaultCases, UnreadableWakesDelayFramesByMilliseconds) {
  for (const int error : {EINTR, EAGAIN, ENOMEM, EIO}) {
    FaultPlan plan(SimCall::read_event, 5, {Fault::Kind::error, error}, 40);
    ShardWorld shard(calm_world(10));
    shard.world.backend().set_fault_plan(plan);
    const SimViewer& viewer = shard.world.add({});
    shard.run_for(5s);
    EXPECT_EQ(plan.injected_in_all(), 40u);
    EXPECT_EQ(viewer.stream().gaps, 0u) << error_name(error);
    EXPECT_LE(shard.world.worst_age(viewer), 20ms) << error_name(error);
    expect_nothing_left(shard);
  }
}

// The server never stopped.
TEST(FaultCases, CancelsThatFailAreRepeatedUntilTheServerHasStopped) {
  for (const int error : {ENOMEM, EALREADY}) {
    FaultPlan plan(SimCall::cancel, 0, {Fault::Kind::error, error}, 30);
    ShardWorld shard(calm_world(10));
    shard.world.backend().set_fault_plan(plan);
    shard.run_for(1s);
    EXPECT_LE(shard.stop(), 2s) << error_name(error);
    EXPECT_EQ(plan.injected_in_all(), 30u);
    expect_nothing_left(shard);
  }
}

// Clients waited for a second because another's connection had failed.
TEST(FaultCases, ConnectionThatFailedBeforeItWasAcceptedDelaysNobody) {
  for (const int error : {ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                          EOPNOTSUPP, ENETUNREACH, ECONNABORTED, EPERM, EAGAIN}) {
    FaultPlan plan(SimCall::accept, 0, {Fault::Kind::error, error}, 1);
    ShardWorld shard(calm_world(10));
    shard.run_for(1s);
    shard.world.backend().set_fault_plan(plan);
    shard.world.add({});
    const SimViewer& viewer = shard.world.add({});
    shard.run_for(500ms);
    EXPECT_EQ(plan.injected_in_all(), 1u);
    EXPECT_GE(viewer.stream().frames, 4u) << error_name(error);
    expect_nothing_left(shard);
  }
}

// One that persists is not tried in a loop.
TEST(FaultCases, AcceptThatKeepsFailingIsTriedAgainAfterASecond) {
  FaultPlan plan(SimCall::accept, 0, {Fault::Kind::error, EPROTO}, 200);
  ShardWorld shard(calm_world(10));
  shard.run_for(1s);
  shard.world.backend().set_fault_plan(plan);
  const SimViewer& viewer = shard.world.add({});
  shard.run_for(900ms);
  EXPECT_EQ(plan.injected_in_all(), 64u);
  shard.run_for(4s);
  EXPECT_EQ(plan.injected_in_all(), 200u);
  EXPECT_GE(viewer.stream().frames, 5u);
  expect_nothing_left(shard);
}

// The first client after a shortage of descriptors was still refused.
TEST(FaultCases, NobodyIsRefusedOnceThereAreDescriptorsAgain) {
  ShardWorld shard(calm_world(10));
  shard.run_for(1s);
  shard.world.backend().set_descriptor_limit(shard.world.backend().open_descriptors());
  FaultPlan plan(SimCall::open_spare, 0, {Fault::Kind::error, EMFILE}, 2);
  shard.world.backend().set_fault_plan(plan);
  const SimViewer& refused = shard.world.add({});
  shard.run_for(1s);
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(plan.injected_in_all(), 2u);
  shard.world.backend().set_descriptor_limit(SIZE_MAX);
  const SimViewer& viewer = shard.world.add({});
  shard.run_for(1s);
  EXPECT_EQ(viewer.status(), 200);
  expect_nothing_left(shard);
}

// A client whose request had arrived while the shard was not scheduled was told that it was slow.
TEST(FaultCases, StallOfTheShardIsNotTheClients) {
  ServerConfig server;
  server.header_timeout = 3s;
  ShardWorld shard(calm_world(10), server);
  const SimViewer& viewer = shard.world.add({.request = get("/snapshot"),
                                             .sending = SimScript::Sending::byte_at_a_time,
                                             .send_interval = 10ms});
  shard.run_for(100ms);
  FaultPlan plan(SimCall::turn, 0, {Fault::Kind::stall, 15'000});
  shard.world.backend().set_fault_plan(plan);
  shard.run_for(16s);
  EXPECT_EQ(plan.injected_in_all(), 1u);
  EXPECT_EQ(viewer.status(), 200);
  expect_nothing_left(shard);
}

}  // namespace
}  // namespace fanlight
