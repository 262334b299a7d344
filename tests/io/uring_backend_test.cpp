// SPDX-License-Identifier: Apache-2.0
// Only features of the io_uring backend; the rest is in the contract.
#include "io/uring_backend.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <vector>

#include "core/waker.h"

namespace fanlight {
namespace {

class UringBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const int error = probe_uring().error;
    if (error == EPERM || error == ENOSYS) GTEST_SKIP() << "io_uring is forbidden here";
  }
};

TEST_F(UringBackendTest, ProbeReportsTheMode) {
  const UringSupport support = probe_uring();
  EXPECT_EQ(support.error, 0) << support.text;
  const bool deferred = UringBackend(1).mode() == UringMode::deferred;
  EXPECT_EQ(support.text,
            deferred ? "io_uring (SINGLE_ISSUER, DEFER_TASKRUN)" : "io_uring (COOP_TASKRUN)");
}

TEST_F(UringBackendTest, UsesNoBetterModeThanAllowed) {
  EXPECT_EQ(UringBackend(1, UringMode::cooperative).mode(), UringMode::cooperative);
  EXPECT_EQ(UringBackend(1, UringMode::plain).mode(), UringMode::plain);
}

TEST_F(UringBackendTest, QueueHoldsTwoCompletionsPerConnection) {
  for (const unsigned connections : {1u, 1000u, 5000u, 10'000u}) {
    EXPECT_GE(UringBackend(connections).completion_capacity(), 2 * connections);
  }
  // Bounded in case of a huge number: excess completions wait in the kernel.
  EXPECT_EQ(UringBackend(1'000'000'000).completion_capacity(), 32768u);
}

// Newer kernels run about 20 pieces of deferred work per call. Each loop iteration must run all of
// them, or the work that waits grows without bound while completions are handled.
TEST_F(UringBackendTest, OneIterationRunsAllPendingWork) {
  constexpr size_t kCount = 200;
  UringBackend backend(kCount);
  std::vector<Waker> wakers(kCount);
  std::vector<uint64_t> values(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    io_uring_prep_read(backend.next_sqe(), wakers[i].fd(), &values[i], sizeof values[i], 0);
  }
  std::array<Event, 2 * kCount> events;
  ASSERT_EQ(backend.wait(events, Instant::min()), 0u);
  for (Waker& waker : wakers) waker.wake();
  EXPECT_EQ(backend.wait(events, backend.now() + 10s), kCount);
}

}  // namespace
}  // namespace fanlight
