// SPDX-License-Identifier: Apache-2.0
// The simulated kernel beyond the contract: time, memory, closing, faults.
#include "tests/sim/sim_backend.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "core/waker.h"
#include "tests/sim/sim_driver.h"

namespace fanlight {
namespace {

enum Id : uint64_t { kReceive = 1, kSend, kShutdown, kClose, kRead, kCancel, kPoll };

void send(SimDriver& driver, int fd, const std::string& bytes) {
  driver.submit(kSend, io_uring_prep_send, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Sends until nothing is accepted for a second, and leaves the last request waiting. Returns the
// number of bytes accepted.
size_t fill(SimDriver& driver, int fd, const std::string& bytes) {
  size_t taken = 0;
  for (;;) {
    send(driver, fd, bytes);
    const std::vector<Event> events = driver.run(1s);
    if (events.empty()) return taken;
    taken += static_cast<size_t>(events[0].result);
  }
}

void close(SimDriver& driver, int fd) {
  driver.submit(kClose, io_uring_prep_close, fd);
  EXPECT_EQ(driver.result(kClose), 0);
}

TEST(SimBackendTest, TimeIsVirtualAndJumps) {
  SimDriver driver;
  const Instant before = driver.backend.now();
  const WallTime wall_before = driver.backend.wall_now();
  EXPECT_TRUE(driver.run(1000h).empty());
  EXPECT_EQ(driver.backend.now(), before + 1000h);
  EXPECT_EQ(driver.backend.wall_now(), wall_before + 1000h);
  driver.backend.set_wall_clock(wall_before);
  EXPECT_EQ(driver.backend.wall_now(), wall_before);
  EXPECT_STREQ(driver.backend.name(), "simulation");
}

TEST(SimBackendTest, RunsPlansInOrderInsideWait) {
  SimDriver driver;
  std::string order;
  SimClock& clock = driver.backend.clock();
  clock.after(2s, [&] { order += 'c'; });
  clock.after(1s, [&] {
    order += 'a';
    clock.after(Duration(0), [&] { order += 'b'; });
  });
  const auto called_off = clock.after(1s, [&] { order += 'x'; });
  clock.call_off(called_off);
  clock.after(3s, [&] { order += 'd'; });
  driver.run(2s);
  EXPECT_EQ(order, "abc");
}

TEST(SimBackendTest, InterruptEndsAWait) {
  SimDriver driver;
  const Instant before = driver.backend.now();
  driver.backend.clock().after(5s, [&] { driver.backend.interrupt(); });
  std::array<Event, 1> event;
  EXPECT_EQ(driver.backend.wait(event, kNever), 0u);
  EXPECT_EQ(driver.backend.now(), before + 5s);
}

TEST(SimBackendTest, RealWakerWakesAtAVirtualTime) {
  SimDriver driver;
  Waker waker;
  uint64_t value = 0;
  const Instant before = driver.backend.now();
  driver.submit(kRead, io_uring_prep_read, waker.fd(), &value, 8u, 0u);
  driver.backend.clock().after(3s, [&] { waker.wake(); });
  EXPECT_EQ(driver.result(kRead), 8);
  EXPECT_EQ(value, 1u);
  EXPECT_EQ(driver.backend.now(), before + 3s);
}

TEST(SimBackendTest, LinkHasARateAndALatency) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect({.bytes_per_second = 1000, .latency = 500ms});
  const std::string bytes(2000, 'x');
  send(driver, fd, bytes);
  EXPECT_EQ(driver.result(kSend), 2000);
  driver.run(2499ms);
  EXPECT_EQ(peer->arrived().size(), 0u);
  EXPECT_EQ(driver.backend.peer_progress(fd), 0u);
  driver.run(1ms);
  EXPECT_EQ(peer->arrived().size(), 2000u);
  EXPECT_EQ(driver.backend.peer_progress(fd), 2000u);
}

TEST(SimBackendTest, PeersHaveAddresses) {
  SimDriver driver;
  const auto [first, first_peer] = driver.connect();
  const auto [second, second_peer] = driver.connect();
  const auto [third, third_peer] = driver.connect({.peer = ipv4_peer(0x7f000001)});
  SimBackend& backend = driver.backend;
  EXPECT_NE(backend.peer_address(first), backend.peer_address(second));
  EXPECT_FALSE(backend.peer_address(first).is_local);
  EXPECT_TRUE(backend.peer_address(third).is_local);
  EXPECT_EQ(backend.peer_address(third), ipv4_peer(0x7f000001));
  third_peer->reset_by_peer();
  driver.run(1ms);
  EXPECT_EQ(backend.peer_address(third), PeerAddress{}) << "the peer has disconnected";
}

TEST(SimBackendTest, StalledPeerBlocksTheSendAndStopsProgress) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect({.send_buffer = 30'000, .receive_window = 10'000});
  const std::string bytes(8'000, 'x');
  EXPECT_EQ(fill(driver, fd, bytes), 40'000u);
  EXPECT_EQ(driver.backend.network().kernel_bytes(), 30'000u);
  EXPECT_EQ(driver.backend.peer_progress(fd), 10'000u);
  EXPECT_EQ(driver.backend.counts().waiting_sends, 1u);
  // A third of the buffer must become free before the waiting send is woken.
  peer->read(9'000);
  EXPECT_TRUE(driver.run(1s).empty());
  EXPECT_EQ(driver.backend.peer_progress(fd), 19'000u);
  peer->read(1'000);
  EXPECT_EQ(driver.result(kSend), 8'000);
}

TEST(SimBackendTest, OrdinaryCloseLeavesTheQueueInTheKernel) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect({.send_buffer = 30'000, .receive_window = 10'000});
  const std::string bytes(40'000, 'x');
  fill(driver, fd, bytes);
  driver.submit(kShutdown, io_uring_prep_shutdown, fd, SHUT_RDWR);
  EXPECT_EQ(driver.run(1s).size(), 2u) << "completions of the shutdown and of the ended send";
  close(driver, fd);
  driver.run(1h);
  EXPECT_EQ(driver.backend.network().kernel_bytes(), 30'000u);
  EXPECT_EQ(driver.backend.network().orphans(), 1u);
  while (!peer->arrived().empty()) {
    peer->read(peer->arrived().size());
    driver.run(1ms);
  }
  EXPECT_TRUE(peer->end_arrived());
  EXPECT_FALSE(peer->reset_arrived());
  EXPECT_EQ(driver.backend.network().kernel_bytes(), 0u);
  EXPECT_EQ(driver.backend.network().orphans(), 0u);
}

TEST(SimBackendTest, ResetOnCloseFreesTheQueueImmediately) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect({.send_buffer = 30'000, .receive_window = 10'000});
  const std::string bytes(40'000, 'x');
  fill(driver, fd, bytes);
  driver.submit(kShutdown, io_uring_prep_shutdown, fd, SHUT_RDWR);
  driver.run(1s);
  driver.backend.reset_on_close(fd);
  close(driver, fd);
  EXPECT_EQ(driver.backend.network().kernel_bytes(), 0u);
  EXPECT_EQ(driver.backend.network().orphans(), 0u);
  driver.run(1ms);
  EXPECT_TRUE(peer->reset_arrived());
}

TEST(SimBackendTest, CloseWithUnreadInputSendsAReset) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect();
  peer->write("you will not read this");
  driver.run(1ms);
  close(driver, fd);
  driver.run(1ms);
  EXPECT_TRUE(peer->reset_arrived());
  EXPECT_FALSE(peer->end_arrived());
}

TEST(SimBackendTest, InputAfterCloseCausesAReset) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect();
  close(driver, fd);
  driver.run(1ms);
  EXPECT_TRUE(peer->end_arrived());
  peer->write("too late");
  driver.run(1ms);
  EXPECT_TRUE(peer->reset_arrived());
}

TEST(SimBackendTest, ClosedPeerAnswersDataWithAReset) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect();
  peer->close_peer();
  driver.run(1ms);
  const std::string bytes = "is there anybody";
  send(driver, fd, bytes);
  EXPECT_EQ(driver.result(kSend), int(bytes.size())) << "the kernel takes it";
  driver.run(1ms);
  send(driver, fd, bytes);
  EXPECT_EQ(driver.result(kSend), -EPIPE);
  driver.submit(kShutdown, io_uring_prep_shutdown, fd, SHUT_RDWR);
  EXPECT_EQ(driver.result(kShutdown), -ENOTCONN);
  close(driver, fd);
}

TEST(SimBackendTest, PeersHalfCloseAllowsSending) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect();
  peer->write("GET");
  peer->shut_down_writing();
  char buffer[16];
  driver.submit(kReceive, io_uring_prep_recv, fd, buffer, sizeof buffer, 0);
  EXPECT_EQ(driver.result(kReceive), 3);
  driver.submit(kReceive, io_uring_prep_recv, fd, buffer, sizeof buffer, 0);
  EXPECT_EQ(driver.result(kReceive), 0);
  const std::string bytes = "answer";
  send(driver, fd, bytes);
  EXPECT_EQ(driver.result(kSend), 6);
  driver.run(1ms);
  EXPECT_EQ(peer->arrived().view(), "answer");
}

TEST(SimBackendTest, CutConnectionIsSilentForever) {
  SimDriver driver;
  const auto [fd, peer] = driver.connect({.send_buffer = 30'000, .receive_window = 10'000});
  peer->cut();
  const std::string bytes(30'000, 'x');
  EXPECT_EQ(fill(driver, fd, bytes), 30'000u);
  peer->write("nobody hears me");
  peer->reset_by_peer();
  EXPECT_TRUE(driver.run(100h).empty());
  EXPECT_EQ(driver.backend.peer_progress(fd), 0u);
}

TEST(SimBackendTest, ClosedListenerResetsPendingAndRefusesNewConnections) {
  SimDriver driver;
  const int listener = driver.backend.listen();
  SimConnection& waiting = driver.backend.connect(listener, {});
  close(driver, listener);
  driver.run(1ms);
  EXPECT_TRUE(waiting.reset_arrived());
  EXPECT_FALSE(driver.backend.is_open(listener));
}

TEST(SimBackendTest, PollReportsListenersHangupsAndSpace) {
  SimDriver driver;
  const int listener = driver.backend.listen();
  driver.submit(kPoll, io_uring_prep_poll_add, listener, unsigned{POLLIN});
  EXPECT_TRUE(driver.run(1s).empty());
  driver.backend.connect(listener, {});
  EXPECT_EQ(driver.result(kPoll), POLLIN);

  const auto [fd, peer] = driver.connect();
  driver.submit(kPoll, io_uring_prep_poll_add, fd, unsigned{POLLOUT});
  EXPECT_EQ(driver.result(kPoll), POLLOUT);
  driver.submit(kPoll, io_uring_prep_poll_add, fd, unsigned{POLLRDHUP});
  EXPECT_TRUE(driver.run(1s).empty());
  peer->shut_down_writing();
  EXPECT_EQ(driver.result(kPoll), POLLRDHUP);
  peer->reset_by_peer();
  driver.run(1ms);
  driver.submit(kPoll, io_uring_prep_poll_add, fd, unsigned{POLLIN});
  EXPECT_EQ(driver.result(kPoll), POLLIN | POLLERR | POLLHUP | POLLRDHUP);
}

TEST(SimBackendTest, DescriptorReuseIsConfigurable) {
  for (const bool reuses : {true, false}) {
    SimFaults faults;
    faults.reuses_descriptors = reuses;
    SimDriver driver(faults);
    const int first = driver.connect().first;
    close(driver, first);
    EXPECT_EQ(driver.connect().first == first, reuses);
    EXPECT_EQ(driver.backend.open_descriptors(), 2u);
  }
}

TEST(SimBackendTest, FullSubmissionQueueIsSubmittedImmediately) {
  SimFaults faults;
  faults.submission_queue = 2;
  SimDriver driver(faults);
  for (uint64_t id = 1; id <= 5; ++id) driver.submit_cancel(id, 99);
  EXPECT_EQ(driver.backend.counts().queue_full, 2u);
  EXPECT_EQ(driver.backend.counts().requests, 4u);
  EXPECT_EQ(driver.run(1s).size(), 5u);
}

TEST(SimBackendTest, MessageHeaderMustLiveOnlyUntilSubmission) {
  SimFaults faults;
  faults.late = 1;
  faults.late_max = 1s;
  SimDriver driver(faults);
  const auto [fd, peer] = driver.connect();
  std::string head = "head", body = "body";
  {
    iovec pieces[] = {{head.data(), 4}, {body.data(), 4}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    driver.submit(kSend, io_uring_prep_sendmsg, fd, &message, unsigned{MSG_NOSIGNAL});
    std::array<Event, 1> event;
    driver.backend.wait(event, Instant{});
    message.msg_iov = nullptr;
    pieces[0].iov_base = nullptr;
  }
  driver.run(2s);
  EXPECT_EQ(peer->arrived().view(), "headbody");
}

}  // namespace
}  // namespace fanlight
