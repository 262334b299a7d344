// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/fault_plan.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace fanlight {
namespace {

TEST(FaultPlan, FaultsAreReadAsTheyAreWritten) {
  for (size_t i = 0; i < kSimCalls; ++i) {
    for (const Fault& fault : faults_at({SimCall(i), 0, 3'000})) {
      EXPECT_EQ(to_fault(to_text(fault)), fault) << to_text(fault);
    }
  }
  for (const char* text : {"", "ENOTHING", "short=", "short=x", "length=3", "*"}) {
    EXPECT_EQ(to_fault(text), std::nullopt) << text;
  }
}

TEST(FaultPlan, EveryCallCanFail) {
  for (size_t i = 0; i < kSimCalls; ++i) EXPECT_FALSE(faults_at({SimCall(i), 0, 0}).empty());
}

TEST(FaultPlan, EveryLengthOfAShortTransferIsTried) {
  EXPECT_EQ(faults_at({SimCall::send, 0, 600}).size(),
            faults_at({SimCall::send, 0, 1}).size() + 599);
}

TEST(FaultPlan, FailsTheNthCall) {
  FaultPlan plan(2, {Fault::Kind::error, EIO});
  EXPECT_EQ(plan.next(SimCall::send, 7), Fault{});
  EXPECT_EQ(plan.next(SimCall::accept, 0), Fault{});
  EXPECT_EQ(plan.next(SimCall::send, 8), (Fault{Fault::Kind::error, EIO}));
  EXPECT_EQ(plan.next(SimCall::send, 9), Fault{});
  EXPECT_EQ(plan.injected_in_all(), 1u);
  EXPECT_EQ(plan.victims(), (std::set<uint64_t>{8}));
  EXPECT_EQ(plan.sites().size(), 4u);
}

TEST(FaultPlan, FailsCallsOfAKindInARow) {
  FaultPlan plan(SimCall::send, 1, {Fault::Kind::error, EIO}, 2);
  EXPECT_EQ(plan.next(SimCall::send, 1), Fault{});
  EXPECT_EQ(plan.next(SimCall::receive, 1), Fault{});
  EXPECT_EQ(plan.next(SimCall::send, 1).value, EIO);
  EXPECT_EQ(plan.next(SimCall::receive, 1), Fault{});
  EXPECT_EQ(plan.next(SimCall::send, 1).value, EIO);
  EXPECT_EQ(plan.next(SimCall::send, 1), Fault{});
}

TEST(FaultPlan, ShortensTransfersThatAreLonger) {
  FaultPlan plan(0, {Fault::Kind::shortened, 10});
  EXPECT_EQ(plan.next(SimCall::send, 1), Fault{});
  EXPECT_EQ(plan.limit(100), 10u);
  EXPECT_EQ(plan.sites().front().bytes, 100u);
  EXPECT_EQ(plan.injected_in_all(), 1u);
  EXPECT_EQ(plan.next(SimCall::send, 1), Fault{});
  EXPECT_EQ(plan.limit(100), 100u);
  EXPECT_TRUE(plan.victims().empty()) << "a short transfer harms nobody";
}

TEST(FaultPlan, StormsEndWhenTold) {
  FaultPlan plan(uint64_t{1}, 0.5);
  for (int i = 0; i < 1'000; ++i) {
    plan.next(SimCall::send, 1);
    plan.limit(2'000);
  }
  const uint64_t count = plan.injected_in_all();
  EXPECT_GT(count, 400u);
  plan.end();
  for (int i = 0; i < 1'000; ++i) {
    plan.next(SimCall::send, 1);
    plan.limit(2'000);
  }
  EXPECT_EQ(plan.injected_in_all(), count);
}

}  // namespace
}  // namespace fanlight
