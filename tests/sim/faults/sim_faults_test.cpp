// SPDX-License-Identifier: Apache-2.0
// Each fault of the simulated kernel does what its name states; all together keep TCP's guarantees.
#include "tests/sim/faults/sim_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/waker.h"
#include "io/zero_copy_abi.h"
#include "tests/sim/sim_driver.h"

namespace fanlight {
namespace {

enum Id : uint64_t { kReceive = 1, kSend, kAccept, kCancel, kFirstRead = 100 };

SimFaults with(double SimFaults::*fault) {
  SimFaults faults;
  faults.*fault = 1;
  return faults;
}

TEST(SimFaultsTest, ShortSendAcceptsAPart) {
  SimDriver driver(with(&SimFaults::short_send));
  const int fd = driver.connect().first;
  const std::string bytes(1000, 'x');
  driver.submit(kSend, io_uring_prep_send, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  const int sent = driver.result(kSend).value_or(0);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(driver.backend.counts().short_sends, 1u);
}

TEST(SimFaultsTest, ShortReceiveReturnsAPart) {
  SimDriver driver(with(&SimFaults::short_receive));
  const auto [fd, peer] = driver.connect();
  peer->write(std::string(1000, 'x'));
  driver.run(1ms);
  char buffer[1000];
  driver.submit(kReceive, io_uring_prep_recv, fd, buffer, sizeof buffer, 0);
  const int received = driver.result(kReceive).value_or(0);
  EXPECT_GT(received, 0);
  EXPECT_LT(received, 1000);
}

TEST(SimFaultsTest, NoBuffersAcceptsNothing) {
  SimDriver driver(with(&SimFaults::send_no_buffers));
  const auto [fd, peer] = driver.connect();
  driver.submit(kSend, io_uring_prep_send, fd, "x", size_t{1}, MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), -ENOBUFS);
  driver.run(1s);
  EXPECT_EQ(peer->arrived().size(), 0u);
  EXPECT_FALSE(peer->was_reset());
}

void send_zero_copy(SimDriver& driver, int fd, std::string_view bytes) {
  driver.submit(kSend, prepare_send_zero_copy, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

TEST(SimFaultsTest, ZeroCopyIsUnknownWithoutReports) {
  SimFaults faults;
  faults.zero_copy_reports = false;
  SimDriver driver(faults);
  const auto [fd, peer] = driver.connect();
  EXPECT_FALSE(driver.backend.can_report_zero_copy());
  send_zero_copy(driver, fd, "x");
  EXPECT_EQ(driver.result(kSend), -EINVAL);
  EXPECT_EQ(driver.backend.in_flight(), 1u) << "the accept";
}

TEST(SimFaultsTest, ZeroCopyWithoutMemoryAcceptsNothing) {
  SimDriver driver(with(&SimFaults::zero_copy_no_memory));
  const auto [fd, peer] = driver.connect();
  EXPECT_TRUE(driver.backend.can_report_zero_copy());
  send_zero_copy(driver, fd, "x");
  EXPECT_EQ(driver.result(kSend), -ENOMEM);
  driver.run(1s);
  EXPECT_EQ(peer->arrived().size(), 0u);
  EXPECT_EQ(driver.backend.counts().zero_copies, 0u);
}

// If the kernel copied, the notification does not wait for the peer, 100 ms away.
TEST(SimFaultsTest, NotificationWaitsForAcknowledgementUnlessCopied) {
  for (const bool copied : {false, true}) {
    SimDriver driver(copied ? with(&SimFaults::zero_copy_copied) : SimFaults{});
    const auto [fd, peer] = driver.connect({.latency = 100ms});
    const Instant begun = driver.backend.now();
    send_zero_copy(driver, fd, "bytes");
    std::array<Event, 1> event;
    ASSERT_EQ(driver.backend.wait(event, kNever), 1u);
    EXPECT_EQ(event[0].result, 5);
    EXPECT_EQ(event[0].flags, IORING_CQE_F_MORE);
    ASSERT_EQ(driver.backend.wait(event, kNever), 1u);
    EXPECT_EQ(event[0].flags, IORING_CQE_F_NOTIF);
    EXPECT_EQ(event[0].result != 0, copied);
    EXPECT_EQ(driver.backend.now() - begun, copied ? Duration(1ms) : Duration(100ms));
  }
}

TEST(SimFaultsTest, BothEndsSeeAReset) {
  SimDriver driver(with(&SimFaults::reset));
  const auto [fd, peer] = driver.connect();
  driver.submit(kSend, io_uring_prep_send, fd, "x", size_t{1}, MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), -ECONNRESET);
  driver.submit(kSend, io_uring_prep_send, fd, "x", size_t{1}, MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), -EPIPE);
  char byte;
  driver.submit(kReceive, io_uring_prep_recv, fd, &byte, size_t{1}, 0);
  EXPECT_EQ(driver.result(kReceive), 0);
  EXPECT_TRUE(peer->reset_arrived());
}

TEST(SimFaultsTest, FailedAcceptEndsTheMultishot) {
  for (const bool aborts : {false, true}) {
    SimDriver driver(with(aborts ? &SimFaults::accept_aborted : &SimFaults::accept_no_files));
    const int listener = driver.backend.listen();
    SimConnection& peer = driver.backend.connect(listener, {});
    driver.submit_accept(kAccept, listener);
    const std::vector<Event> events = driver.run(1s);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].result, aborts ? -ECONNABORTED : -EMFILE);
    EXPECT_EQ(events[0].flags & IORING_CQE_F_MORE, 0u);
    EXPECT_EQ(peer.reset_arrived(), aborts) << "without descriptors it stays in the backlog";
    EXPECT_EQ(driver.backend.in_flight(), 0u);
  }
}

TEST(SimFaultsTest, MultishotMayEndWithSuccess) {
  SimDriver driver(with(&SimFaults::accept_ends));
  const int listener = driver.backend.listen();
  driver.backend.connect(listener, {});
  driver.submit_accept(kAccept, listener);
  const std::vector<Event> events = driver.run(1s);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_GE(events[0].result, SimBackend::kFirstDescriptor);
  EXPECT_EQ(events[0].flags & IORING_CQE_F_MORE, 0u);
}

TEST(SimFaultsTest, ResetDiscardsUnreadBytes) {
  for (const bool lost : {false, true}) {
    SimDriver driver(lost ? with(&SimFaults::unread_lost) : SimFaults{});
    const auto [fd, peer] = driver.connect();
    driver.submit(kSend, io_uring_prep_send, fd, "x", size_t{1}, MSG_NOSIGNAL);
    driver.run(1ms);
    driver.backend.reset_on_close(fd);
    driver.submit(kSend, io_uring_prep_close, fd);
    driver.run(1ms);
    EXPECT_TRUE(peer->reset_arrived());
    EXPECT_EQ(peer->arrived().empty(), lost);
  }
}

TEST(SimFaultsTest, ACancelMayHaveNoEffect) {
  SimDriver driver(with(&SimFaults::cancel_lost));
  const int fd = driver.connect().first;
  char buffer[8];
  driver.submit(kReceive, io_uring_prep_recv, fd, buffer, sizeof buffer, 0);
  driver.submit_cancel(kCancel, kReceive);
  EXPECT_EQ(driver.result(kCancel), -EALREADY);
  EXPECT_EQ(driver.backend.in_flight(), 2u);  // it, and the accept
}

TEST(SimFaultsTest, LateCompletionIsDelayed) {
  SimFaults faults = with(&SimFaults::late);
  faults.late_max = 1s;
  SimDriver driver(faults);
  const Instant before = driver.backend.now();
  driver.submit_cancel(1, 99);
  EXPECT_EQ(driver.result(1), -ENOENT);
  EXPECT_GT(driver.backend.now(), before);
  EXPECT_LE(driver.backend.now(), before + 1s);
}

TEST(SimFaultsTest, IterationsTakeTime) {
  SimFaults faults;
  faults.turn_time_max = 1ms;
  SimDriver driver(faults);
  const Instant before = driver.backend.now();
  std::array<Event, 1> event;
  for (int i = 0; i < 100; ++i) driver.backend.wait(event, Instant{});
  EXPECT_GT(driver.backend.now(), before);
  EXPECT_LE(driver.backend.now(), before + 100ms);
}

// The orders in which the results of three requests are delivered, over many seeds.
std::set<std::string> orders(const SimFaults& faults) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SimDriver driver(faults, seed);
    for (uint64_t id = 1; id <= 3; ++id) driver.submit_cancel(id, 99);
    std::string order;
    for (const Event& event : driver.run(1s)) order += static_cast<char>('0' + event.user_data);
    seen.insert(order);
  }
  return seen;
}

TEST(SimFaultsTest, ReordersCompletionsOnlyIfConfigured) {
  EXPECT_EQ(orders({}), (std::set<std::string>{"123"}));
  EXPECT_EQ(orders(with(&SimFaults::reordered)).size(), 6u);
}

TEST(SimFaultsTest, SmallBatchReturnsFewerEventsThanPending) {
  SimDriver driver(with(&SimFaults::small_batch));
  size_t batches = 0;
  for (int round = 0; round < 10; ++round) {
    for (uint64_t id = 1; id <= 8; ++id) driver.submit_cancel(id, 99);
    for (unsigned left = 8; left > 0; ++batches) {
      std::array<Event, 8> events;
      const unsigned count = driver.backend.wait(events, Instant{});
      ASSERT_GT(count, 0u);
      left -= count;
    }
  }
  EXPECT_GT(batches, 15u);
}

// Sends a stream through a connection in random portions while the peer reads it at random, and
// returns how much the peer received; a byte in the wrong place is a failure.
size_t transfer(uint64_t seed, uint64_t& trace_hash) {
  Random random(seed);
  SimFaults faults = SimFaults::swarm(random);
  faults.accept_aborted = faults.accept_no_files = faults.accept_ends = faults.reset = 0;
  SimDriver driver(faults, seed);
  const SimLink link{.send_buffer = 1 + random.below(50'000),
                     .receive_window = 1 + random.below(50'000),
                     .bytes_per_second = random.chance(0.5) ? 0 : 1e5,
                     .latency = Duration(random.below(1'000'000))};
  const auto [fd, peer_pointer] = driver.connect(link);
  SimConnection& peer = *peer_pointer;
  constexpr size_t kSize = 200'000;
  std::string stream(kSize, '\0');
  for (char& byte : stream) byte = static_cast<char>(random.next());
  size_t sent = 0, read = 0;
  while (read < kSize && driver.backend.counts().waits < 1'000'000) {
    if (sent < kSize && driver.backend.in_flight() < 2) {
      const size_t size = 1 + random.below(kSize - sent);
      driver.submit(kSend, io_uring_prep_send, fd, stream.data() + sent, size, MSG_NOSIGNAL);
    }
    std::array<Event, 4> events;
    const unsigned count = driver.backend.wait(events, driver.backend.now() + 1ms);
    for (unsigned i = 0; i < count; ++i) {
      if (events[i].result > 0) sent += static_cast<size_t>(events[i].result);
    }
    const size_t portion = peer.arrived().empty() ? 0 : 1 + random.below(peer.arrived().size());
    EXPECT_EQ(peer.arrived().view().substr(0, portion),
              std::string_view(stream).substr(read, portion));
    peer.read(portion);
    read += portion;
  }
  trace_hash = driver.backend.trace_hash();
  return read;
}

TEST(SimFaultsTest, BytesArriveInOrderAndSeedsAreReproducible) {
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    uint64_t hash = 0, again = 0;
    ASSERT_EQ(transfer(seed, hash), 200'000u);
    ASSERT_EQ(transfer(seed, again), 200'000u);
    EXPECT_EQ(hash, again);
    hashes.insert(hash);
  }
  EXPECT_EQ(hashes.size(), 30u);
}

TEST(SimFaultsTest, SwarmTogglesEveryFault) {
  constexpr double SimFaults::*kAll[] = {&SimFaults::reordered,
                                         &SimFaults::late,
                                         &SimFaults::small_batch,
                                         &SimFaults::short_send,
                                         &SimFaults::short_receive,
                                         &SimFaults::small_segment,
                                         &SimFaults::reset,
                                         &SimFaults::send_no_buffers,
                                         &SimFaults::accept_no_files,
                                         &SimFaults::accept_ends,
                                         &SimFaults::accept_aborted,
                                         &SimFaults::unread_lost,
                                         &SimFaults::cancel_lost,
                                         &SimFaults::zero_copy_copied,
                                         &SimFaults::zero_copy_no_memory};
  Random random(1);
  std::vector<SimFaults> swarm;
  for (int i = 0; i < 100; ++i) swarm.push_back(SimFaults::swarm(random));
  for (const auto fault : kAll) {
    const auto on = std::count_if(swarm.begin(), swarm.end(),
                                  [&](const SimFaults& faults) { return faults.*fault > 0; });
    EXPECT_GT(on, 20);
    EXPECT_LT(on, 80);
  }
}

}  // namespace
}  // namespace fanlight
