// SPDX-License-Identifier: Apache-2.0
// Anything that production code must never do ends the simulation.
#include <gtest/gtest.h>

#include <string>

#include "core/waker.h"
#include "io/zero_copy_abi.h"
#include "tests/sim/sim_backend.h"
#include "tests/sim/sim_driver.h"

namespace fanlight {
namespace {

constexpr uint64_t kId = 1;

class SimBackendDeathTest : public testing::Test {
 protected:
  SimBackendDeathTest() : fd_(driver_.connect().first) {}

  // Submits the prepared requests.
  void submit() { driver_.run(Duration(0)); }

  template <class... Args>
  void submit(uint64_t id, Args... args) {
    driver_.submit(id, args...);
    submit();
  }

  SimDriver driver_;
  int fd_;
  char byte_ = 0;
  iovec piece_{&byte_, 1};
  msghdr message_{nullptr, 0, &piece_, 1, nullptr, 0, 0};
};

TEST_F(SimBackendDeathTest, SendWithoutNosignalOrWithWaitallAborts) {
  EXPECT_DEATH(submit(kId, io_uring_prep_send, fd_, &byte_, 1u, 0), "MSG_NOSIGNAL");
  EXPECT_DEATH(submit(kId, io_uring_prep_send, fd_, &byte_, 1u, MSG_NOSIGNAL | MSG_WAITALL),
               "MSG_NOSIGNAL");
  EXPECT_DEATH(submit(kId, io_uring_prep_sendmsg, fd_, &message_, 0u), "MSG_NOSIGNAL");
}

TEST_F(SimBackendDeathTest, NullMemoryOrZeroLengthAborts) {
  EXPECT_DEATH(submit(kId, io_uring_prep_send, fd_, nullptr, 1u, MSG_NOSIGNAL), "addr");
  EXPECT_DEATH(submit(kId, io_uring_prep_send, fd_, &byte_, 0u, MSG_NOSIGNAL), "len");
  EXPECT_DEATH(submit(kId, io_uring_prep_recv, fd_, nullptr, 1u, 0), "addr");
  EXPECT_DEATH(submit(kId, io_uring_prep_recv, fd_, &byte_, 0u, 0), "len");
  piece_.iov_base = nullptr;
  EXPECT_DEATH(submit(kId, io_uring_prep_sendmsg, fd_, &message_, unsigned{MSG_NOSIGNAL}),
               "iov_base");
  message_.msg_iovlen = 0;
  EXPECT_DEATH(submit(kId, io_uring_prep_sendmsg, fd_, &message_, unsigned{MSG_NOSIGNAL}),
               "msg_iovlen");
}

TEST_F(SimBackendDeathTest, RequestWithoutAnOwnerAborts) {
  EXPECT_DEATH(submit(0, io_uring_prep_recv, fd_, &byte_, 1u, 0), "user_data");
  EXPECT_DEATH(submit(0, io_uring_prep_shutdown, fd_, SHUT_RDWR), "user_data");
}

TEST_F(SimBackendDeathTest, UnlistedOpcodeOrFlagAborts) {
  EXPECT_DEATH(submit(kId, io_uring_prep_nop), "opcode");
  EXPECT_DEATH(submit(kId, io_uring_prep_write, fd_, &byte_, 1u, 0u), "opcode");
  EXPECT_DEATH(
      {
        io_uring_sqe* sqe = driver_.backend.next_sqe();
        io_uring_prep_recv(sqe, fd_, &byte_, 1, 0);
        sqe->flags = IOSQE_IO_LINK;
        sqe->user_data = kId;
        submit();
      },
      "flags == 0");
}

TEST_F(SimBackendDeathTest, TwoRequestsOfAKindOnOneDescriptorAbort) {
  driver_.submit(kId, io_uring_prep_recv, fd_, &byte_, 1u, 0);
  EXPECT_DEATH(submit(2, io_uring_prep_recv, fd_, &byte_, 1u, 0), "input");
  EXPECT_DEATH(submit(2, io_uring_prep_poll_add, fd_, 1u), "input");
}

TEST_F(SimBackendDeathTest, OneOwnerWithTwoRequestsAborts) {
  driver_.submit(kId, io_uring_prep_recv, fd_, &byte_, 1u, 0);
  EXPECT_DEATH(submit(kId, io_uring_prep_shutdown, fd_, SHUT_WR), "user_data");
}

TEST_F(SimBackendDeathTest, CloseWithRequestsInFlightAborts) {
  driver_.submit(kId, io_uring_prep_recv, fd_, &byte_, 1u, 0);
  EXPECT_DEATH(submit(2, io_uring_prep_close, fd_), "slots_");
  driver_.submit(2, io_uring_prep_shutdown, fd_, SHUT_RDWR);
  EXPECT_DEATH(submit(3, io_uring_prep_close, fd_), "slots_");
  EXPECT_EQ(driver_.run(1ms).size(), 2u);
  submit(3, io_uring_prep_close, fd_);
  EXPECT_FALSE(driver_.backend.is_open(fd_));
}

TEST_F(SimBackendDeathTest, UseAfterCloseAborts) {
  submit(kId, io_uring_prep_close, fd_);
  EXPECT_DEATH(submit(2, io_uring_prep_send, fd_, &byte_, 1u, MSG_NOSIGNAL), "bad_descriptors");
  EXPECT_DEATH(submit(2, io_uring_prep_close, fd_), "bad_descriptors");
  EXPECT_DEATH(driver_.backend.peer_progress(fd_), "descriptors_");
  EXPECT_DEATH(driver_.backend.reset_on_close(fd_), "descriptors_");
}

TEST_F(SimBackendDeathTest, ChangingSendMemoryBeforeCompletionAborts) {
  std::string bytes(100'000, 'x');
  driver_.submit(kId, io_uring_prep_send, fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  EXPECT_DEATH(
      {
        driver_.backend.clock().after(1ms, [&] { bytes.assign(bytes.size(), 'y'); });
        SimFaults faults;
        faults.late = 1;
        faults.late_max = 1s;
        SimDriver late(faults);
        const int fd = late.connect().first;
        late.submit(2, io_uring_prep_send, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        late.backend.clock().after(Duration(1), [&] { bytes.assign(bytes.size(), 'y'); });
        late.run(2s);
      },
      "pieces_hash");
}

// The result of a SEND_ZC does not release the memory, its notification does.
TEST_F(SimBackendDeathTest, ChangingZeroCopyMemoryBeforeTheNotificationAborts) {
  EXPECT_DEATH(
      {
        SimDriver driver;
        const int fd = driver.connect({.latency = 1s}).first;
        std::string bytes(100, 'x');
        driver.submit(2, prepare_send_zero_copy, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        EXPECT_EQ(driver.result(2), 100);
        bytes[50] = 'y';
        driver.run(2s);
      },
      "pieces_hash");
}

TEST_F(SimBackendDeathTest, ZeroCopyWithoutReportFlagAborts) {
  EXPECT_DEATH(submit(kId, io_uring_prep_send_zc, fd_, &byte_, 1u, MSG_NOSIGNAL, 0u),
               "REPORT_USAGE");
}

TEST_F(SimBackendDeathTest, WaitingForeverForNothingAborts) {
  driver_.submit(kId, io_uring_prep_recv, fd_, &byte_, 1u, 0);
  std::array<Event, 1> event;
  EXPECT_DEATH(driver_.backend.wait(event, kNever), "next < kNever");
}

TEST_F(SimBackendDeathTest, SpinningLoopAborts) {
  std::array<Event, 1> event;
  EXPECT_DEATH(
      {
        for (;;) driver_.backend.wait(event, Instant{});
      },
      "turns_in_place_");
}

TEST_F(SimBackendDeathTest, SocketRequestOnARealDescriptorAborts) {
  const Waker waker;
  EXPECT_DEATH(submit(kId, io_uring_prep_recv, waker.fd(), &byte_, 1u, 0), "simulated");
}

}  // namespace
}  // namespace fanlight
