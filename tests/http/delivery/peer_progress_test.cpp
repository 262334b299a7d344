// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/peer_progress.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

constexpr Instant kStart{1000s};
constexpr Duration kLimit = 5s;

// The kernel's count of acknowledged bytes, and how often it was read.
struct Kernel {
  uint64_t acknowledged = 0;
  int reads = 0;
  auto reader() {
    return [this] {
      ++reads;
      return acknowledged;
    };
  }
};

// Checks every check_period() until `end`; the time of the first check that finds the peer stalled.
Instant stalled_at(PeerProgress& progress, Kernel& kernel, Instant begin, Instant end) {
  for (Instant now = begin; now < end; now += PeerProgress::check_period(kLimit)) {
    if (progress.has_stalled(now, kLimit, kernel.reader())) return now;
  }
  return kNever;
}

TEST(PeerProgress, StallsAfterTheLimitAndAtMostTwoChecksLater) {
  PeerProgress progress;
  Kernel kernel;
  progress.note(kStart);
  const Instant found = stalled_at(progress, kernel, kStart, kStart + 1min);
  EXPECT_GE(found, kStart + kLimit);
  EXPECT_LE(found, kStart + kLimit + 2 * PeerProgress::check_period(kLimit));
}

TEST(PeerProgress, OneByteInTimeKeepsThePeer) {
  PeerProgress progress;
  Kernel kernel;
  progress.note(kStart);
  for (Instant now = kStart; now < kStart + 1min; now += 4s) {
    EXPECT_EQ(stalled_at(progress, kernel, now, now + 4s), kNever);
    ++kernel.acknowledged;
  }
}

TEST(PeerProgress, AByteThatTheKernelTakesBeginsTheWaitAnew) {
  PeerProgress progress;
  Kernel kernel;
  progress.note(kStart);
  EXPECT_EQ(stalled_at(progress, kernel, kStart, kStart + 4s), kNever);
  progress.note(kStart + 4s);
  EXPECT_EQ(stalled_at(progress, kernel, kStart + 4s, kStart + 9s), kNever);
}

TEST(PeerProgress, TheKernelIsNotQueriedWhileBytesAreTaken) {
  PeerProgress progress;
  Kernel kernel;
  for (Instant now = kStart; now < kStart + 1min; now += 10ms) {
    progress.note(now);
    EXPECT_FALSE(progress.has_stalled(now + 9ms, kLimit, kernel.reader()));
  }
  EXPECT_EQ(kernel.reads, 0);
}

TEST(PeerProgress, ShortLimitsAreCheckedMoreOften) {
  EXPECT_EQ(PeerProgress::check_period(1h), 500ms);
  EXPECT_EQ(PeerProgress::check_period(200ms), 50ms);
}

}  // namespace
}  // namespace fanlight
