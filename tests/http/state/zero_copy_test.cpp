// SPDX-License-Identifier: Apache-2.0
#include "http/state/zero_copy.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace fanlight {
namespace {

constexpr size_t kLarge = kZeroCopyBytesMin;
constexpr bool kLocal = true;
constexpr Instant kNow{1h};

// Begins as many sends as the policy wants, at most `most`.
uint32_t begin_sends(ZeroCopy& policy, uint32_t most, Instant now = kNow) {
  uint32_t begun = 0;
  while (begun < most && policy.wants(kLarge, !kLocal, now)) ++begun;
  return begun;
}

// Notifications from a kernel that copies nothing, until the verdict.
void give_good_verdict(ZeroCopy& policy) {
  for (uint32_t i = 0; i < ZeroCopy::kVerdictAfter; ++i) EXPECT_FALSE(policy.notified(false, kNow));
}

TEST(ZeroCopyTest, OffNeverUsesIt) {
  ZeroCopy policy(ZeroCopyMode::off, true);
  EXPECT_FALSE(policy.is_possible());
  EXPECT_FALSE(policy.wants(1 << 20, !kLocal, kNow));
}

TEST(ZeroCopyTest, IsImpossibleWithoutReports) {
  for (const ZeroCopyMode mode : {ZeroCopyMode::automatic, ZeroCopyMode::on}) {
    ZeroCopy policy(mode, false);
    EXPECT_FALSE(policy.is_possible());
    EXPECT_FALSE(policy.wants(1 << 20, !kLocal, kNow));
  }
}

TEST(ZeroCopyTest, OnUsesItForEveryLargeSend) {
  ZeroCopy policy(ZeroCopyMode::on, true);
  EXPECT_TRUE(policy.is_possible());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(policy.wants(kLarge, i % 2 == 0, kNow));
    EXPECT_FALSE(policy.wants(kLarge - 1, !kLocal, kNow));
    EXPECT_FALSE(policy.notified(true, kNow));
    EXPECT_FALSE(policy.refused(kNow));
  }
}

TEST(ZeroCopyTest, AutomaticModeTriesAFewSendsToOtherMachines) {
  ZeroCopy policy(ZeroCopyMode::automatic, true);
  EXPECT_TRUE(policy.is_possible());
  EXPECT_FALSE(policy.wants(kLarge, kLocal, kNow));
  EXPECT_FALSE(policy.wants(kLarge - 1, !kLocal, kNow));
  EXPECT_EQ(begin_sends(policy, 1000), ZeroCopy::kTrialSends);
  // Without a verdict it waits: the cost of the first sends is not known yet.
  EXPECT_FALSE(policy.wants(kLarge, !kLocal, kNow + 1h));
}

TEST(ZeroCopyTest, AutomaticModeContinuesIfNothingIsCopied) {
  ZeroCopy policy(ZeroCopyMode::automatic, true);
  begin_sends(policy, 1000);
  give_good_verdict(policy);
  EXPECT_EQ(begin_sends(policy, 1000), 1000u);
  EXPECT_FALSE(policy.wants(kLarge, kLocal, kNow));
  // An occasional copy (a retransmission, a tap on the interface) does not turn it off.
  for (uint32_t i = 0; i < 100 * ZeroCopy::kVerdictAfter; ++i) {
    EXPECT_FALSE(policy.notified(i % ZeroCopy::kVerdictAfter < ZeroCopy::kCopiedMax, kNow));
  }
  EXPECT_TRUE(policy.wants(kLarge, !kLocal, kNow));
}

TEST(ZeroCopyTest, AutomaticModeTurnsOffOnCopiesAndRetriesLater) {
  for (const bool was_good : {false, true}) {
    ZeroCopy policy(ZeroCopyMode::automatic, true);
    begin_sends(policy, 1000);
    if (was_good) give_good_verdict(policy);
    uint32_t copies = 1;
    while (!policy.notified(true, kNow)) ++copies;
    EXPECT_EQ(copies, ZeroCopy::kCopiedMax + 1);
    EXPECT_FALSE(policy.notified(true, kNow)) << "already off";
    EXPECT_TRUE(policy.is_possible());
    EXPECT_FALSE(policy.wants(kLarge, !kLocal, kNow + ZeroCopy::kRetryAfter - 1ns));

    const Instant later = kNow + ZeroCopy::kRetryAfter;
    EXPECT_FALSE(policy.wants(kLarge, kLocal, later));
    EXPECT_EQ(begin_sends(policy, 1000, later), ZeroCopy::kTrialSends);
    give_good_verdict(policy);
    EXPECT_EQ(begin_sends(policy, 1000, later), 1000u);
  }
}

TEST(ZeroCopyTest, AutomaticModeTurnsOffIfRefused) {
  for (const bool was_good : {false, true}) {
    ZeroCopy policy(ZeroCopyMode::automatic, true);
    EXPECT_TRUE(policy.wants(kLarge, !kLocal, kNow));
    if (was_good) give_good_verdict(policy);
    EXPECT_TRUE(policy.refused(kNow));
    EXPECT_FALSE(policy.refused(kNow)) << "already off";
    EXPECT_FALSE(policy.wants(kLarge, !kLocal, kNow));
    EXPECT_TRUE(policy.wants(kLarge, !kLocal, kNow + ZeroCopy::kRetryAfter));
  }
}

TEST(ZeroCopyTest, RefusalsAreErrorsThatAPlainSendMayAvoid) {
  for (const int error : {ENOMEM, ENOBUFS, EOPNOTSUPP, EINVAL}) {
    EXPECT_TRUE(ZeroCopy::is_refusal(-error)) << error;
  }
  for (const int result : {0, 1, ENOMEM, -EPIPE, -ECONNRESET, -ECANCELED}) {
    EXPECT_FALSE(ZeroCopy::is_refusal(result)) << result;
  }
}

}  // namespace
}  // namespace fanlight
