// SPDX-License-Identifier: Apache-2.0
// The contract tests that registered descriptors work like any others.
#include "io/registered_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "core/fd.h"
#include "core/waker.h"
#include "io/uring_backend.h"

namespace fanlight {
namespace {

constexpr unsigned kConnections = 100;

class RegisteredDescriptorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const int error = probe_uring().error;
    if (error == EPERM || error == ENOSYS) GTEST_SKIP() << "io_uring is forbidden here";
    ASSERT_EQ(io_uring_queue_init(8, &ring_, 0), 0);
  }
  void TearDown() override {
    if (ring_.ring_fd > 0) io_uring_queue_exit(&ring_);
  }
  static bool is_capacity(unsigned capacity, unsigned expected) {
    return capacity == expected || capacity == 0;  // 0: a kernel before 6.13
  }

  io_uring ring_{};
};

TEST_F(RegisteredDescriptorsTest, HasRoomForConnectionsAndOthers) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const auto expected = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, kConnections + 256));
  const RegisteredDescriptors registered(ring_, kConnections);
  EXPECT_TRUE(is_capacity(registered.capacity(), expected)) << registered.capacity();
}

TEST_F(RegisteredDescriptorsTest, LeavesNothingInTheRing) {
  const RegisteredDescriptors registered(ring_, kConnections);
  EXPECT_EQ(io_uring_sq_ready(&ring_), 0u);
  EXPECT_EQ(io_uring_cq_ready(&ring_), 0u);
}

TEST_F(RegisteredDescriptorsTest, RefusesDescriptorsBeyondItsCapacity) {
  RegisteredDescriptors registered(ring_, kConnections);
  const Waker waker;
  const Fd beyond(::fcntl(waker.fd(), F_DUPFD_CLOEXEC, static_cast<int>(registered.capacity())));
  ASSERT_TRUE(beyond);
  EXPECT_FALSE(registered.add(beyond.get()));
}

// A second file with the same number is accepted, because the first one was removed.
TEST_F(RegisteredDescriptorsTest, RemovedDescriptorMayBeAddedAgain) {
  RegisteredDescriptors registered(ring_, kConnections);
  const Waker waker;
  for (int i = 0; i < 3; ++i) {
    const bool added = registered.add(waker.fd());
    EXPECT_EQ(added, registered.capacity() > 0);
    if (added) registered.remove(waker.fd());
  }
}

}  // namespace
}  // namespace fanlight
