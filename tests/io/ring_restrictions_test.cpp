// SPDX-License-Identifier: Apache-2.0
#include "io/ring_restrictions.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "core/waker.h"
#include "io/uring_backend.h"

namespace fanlight {
namespace {

class RingRestrictionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const int error = probe_uring().error;
    if (error == EPERM || error == ENOSYS) GTEST_SKIP() << "io_uring is forbidden here";
  }

  // The result of one request on a backend's ring.
  template <class Prepare>
  static int result_of(Prepare prepare) {
    UringBackend backend(1);
    prepare(backend.next_sqe());
    std::array<Event, 2> events;
    EXPECT_EQ(backend.wait(events, backend.now() + 10s), 1u);
    return events[0].result;
  }
};

TEST_F(RingRestrictionsTest, OpensNoFile) {
  EXPECT_EQ(result_of([](io_uring_sqe* sqe) {
              io_uring_prep_openat(sqe, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
            }),
            -EACCES);
}

TEST_F(RingRestrictionsTest, RenamesAndUnlinksNothing) {
  EXPECT_EQ(result_of([](io_uring_sqe* sqe) {
              io_uring_prep_renameat(sqe, AT_FDCWD, "/no/one", AT_FDCWD, "/no/other", 0);
            }),
            -EACCES);
  EXPECT_EQ(result_of([](io_uring_sqe* sqe) {
              io_uring_prep_unlinkat(sqe, AT_FDCWD, "/no/such/file", 0);
            }),
            -EACCES);
}

TEST_F(RingRestrictionsTest, MakesAndConnectsNoSocket) {
  EXPECT_EQ(result_of([](io_uring_sqe* sqe) {
              io_uring_prep_rw(IORING_OP_SOCKET, sqe, AF_INET, nullptr, 0, SOCK_STREAM);
            }),
            -EACCES);
  const sockaddr address{};
  EXPECT_EQ(result_of([&](io_uring_sqe* sqe) {
              io_uring_prep_connect(sqe, 0, &address, sizeof address);
            }),
            -EACCES);
}

// Requests of a chain, with a personality's rights, or in a worker thread.
TEST_F(RingRestrictionsTest, AcceptsNoOtherFlagOfARequest) {
  Waker waker;
  uint64_t value = 0;
  for (const unsigned flag : {IOSQE_IO_LINK, IOSQE_ASYNC, IOSQE_IO_DRAIN}) {
    EXPECT_EQ(result_of([&](io_uring_sqe* sqe) {
                io_uring_prep_read(sqe, waker.fd(), &value, sizeof value, 0);
                sqe->flags |= static_cast<__u8>(flag);
              }),
              -EACCES);
  }
}

TEST_F(RingRestrictionsTest, CarriesOutWhatBackendPromises) {
  Waker waker;
  waker.wake();
  uint64_t value = 0;
  EXPECT_EQ(result_of([&](io_uring_sqe* sqe) {
              io_uring_prep_read(sqe, waker.fd(), &value, sizeof value, 0);
            }),
            static_cast<int>(sizeof value));
}

TEST_F(RingRestrictionsTest, RegistersNoBuffers) {
  io_uring ring{};
  io_uring_params params{};
  params.flags = IORING_SETUP_R_DISABLED;
  ASSERT_EQ(io_uring_queue_init_params(2, &ring, &params), 0);
  EXPECT_EQ(restrict_and_enable(ring), 0);
  char byte = 0;
  const iovec buffer{&byte, 1};
  EXPECT_EQ(io_uring_register_buffers(&ring, &buffer, 1), -EACCES);
  // Neither can it be undone.
  EXPECT_NE(restrict_and_enable(ring), 0);
  io_uring_queue_exit(&ring);
}

// An enabled ring cannot be restricted any more (io_uring_register(2)).
TEST_F(RingRestrictionsTest, ReportsARingThatIsEnabledAlready) {
  io_uring ring{};
  io_uring_params params{};
  ASSERT_EQ(io_uring_queue_init_params(2, &ring, &params), 0);
  EXPECT_EQ(restrict_and_enable(ring), -EBADFD);
  io_uring_queue_exit(&ring);
}

}  // namespace
}  // namespace fanlight
