// SPDX-License-Identifier: Apache-2.0
// The table of the contract, and the scenarios of accepting, cancelling, closing and waiting.
#include "tests/io/contract_scenarios.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "tests/io/contract_driver.h"

namespace fanlight {
namespace {

enum Id : uint64_t { kAccept = 1, kReceive, kSend, kRead, kCancel, kClose, kFirstFree = 100 };

#define SCENARIO(name) \
  { #name, name }
constexpr ContractScenario kScenarios[] = {
    SCENARIO(accept_several),
    SCENARIO(accept_without_descriptors),
    SCENARIO(spare_descriptor_makes_room_for_one),
    SCENARIO(cancel_waiting_requests),
    SCENARIO(cancel_unknown),
    SCENARIO(close_ends_connection),
    SCENARIO(descriptor_is_reused),
    SCENARIO(registered_descriptor_sends_and_closes),
    SCENARIO(bad_descriptors),
    SCENARIO(eventfd_wakes_once),
    SCENARIO(deadline_in_the_past),
    SCENARIO(deadline_is_reached),
    SCENARIO(events_beyond_the_span),
    SCENARIO(two_thousand_completions),
    SCENARIO(requests_beyond_the_queue),
    SCENARIO(receive_data_and_end),
    SCENARIO(receive_reset),
    SCENARIO(receive_waits_for_data),
    SCENARIO(send_whole),
    SCENARIO(send_into_full_socket),
    SCENARIO(send_three_pieces),
    SCENARIO(send_pieces_into_full_socket),
    SCENARIO(send_large_first_piece_into_full_socket),
    SCENARIO(send_frames_of_all_sizes),
    SCENARIO(zero_copy_completes_twice_or_is_refused),
    SCENARIO(zero_copy_is_cancelled_only_while_it_waits),
    SCENARIO(zero_copy_to_a_stalled_peer_ends_with_a_reset),
    SCENARIO(reset_ends_waiting_send),
    SCENARIO(shutdown_ends_waiting_requests),
    SCENARIO(shutdown_of_writing_leaves_reading),
    SCENARIO(receive_and_send_wait_together),
    SCENARIO(poll_then_receive),
    SCENARIO(poll_reports_end),
    SCENARIO(poll_reports_reset),
};
#undef SCENARIO

// Arms a READ of each of `count` new eventfds, under ids from kFirstFree on, and wakes them.
struct Eventfds {
  Eventfds(ContractWorld& world, ContractDriver& driver, size_t count) : values(count) {
    for (size_t i = 0; i < count; ++i) {
      fds.push_back(world.make_eventfd());
      driver.submit(kFirstFree + i, io_uring_prep_read, fds[i], &values[i], 8u, 0u);
    }
    EXPECT_TRUE(driver.is_idle(1ms));
    for (const int fd : fds) world.wake(fd);
  }
  std::vector<uint64_t> values;
  std::vector<int> fds;
};

// Waits with a span of `span` events until no more arrive, and expects that each of `count` reads
// completed once.
void expect_each_once(ContractWorld& world, size_t span, size_t count) {
  std::vector<Event> events(span);
  std::set<uint64_t> seen;
  while (seen.size() < count) {
    const unsigned got = world.backend().wait(events, world.backend().now() + 10s);
    ASSERT_GT(got, 0u) << "after " << seen.size() << " of " << count;
    ASSERT_LE(got, span);
    for (unsigned i = 0; i < got; ++i) {
      EXPECT_EQ(events[i].result, 8);
      EXPECT_TRUE(seen.insert(events[i].user_data).second) << events[i].user_data << " twice";
    }
  }
  EXPECT_EQ(*seen.begin(), kFirstFree);
  EXPECT_EQ(*seen.rbegin(), kFirstFree + count - 1);
}

}  // namespace

std::span<const ContractScenario> contract_scenarios() {
  return kScenarios;
}

void accept_several(ContractWorld& world) {
  ContractDriver driver(world);
  const int listener = world.listen();
  std::vector<std::unique_ptr<ContractPeer>> peers;
  std::set<int> fds;
  const auto accept_three = [&] {
    for (int i = 0; i < 3; ++i) {
      peers.push_back(world.make_peer());
      peers.back()->connect(listener);
    }
    for (int i = 0; i < 3; ++i) {
      const Completion accepted = driver.next(kAccept);
      EXPECT_GE(accepted.result, 0);
      EXPECT_EQ(accepted.flags & kMore, kMore);
      EXPECT_TRUE(world.is_open(accepted.result));
      EXPECT_TRUE(fds.insert(accepted.result).second);
    }
  };
  driver.submit_accept(kAccept, listener);
  EXPECT_TRUE(driver.is_idle(5ms));
  accept_three();
  EXPECT_TRUE(driver.is_idle(5ms));
  accept_three();
  driver.submit_cancel(kCancel, kAccept);
  EXPECT_EQ(driver.result(kCancel), 0);
  EXPECT_EQ(driver.result(kAccept), -ECANCELED);

  // Connections made while no accept is armed are not lost.
  peers.push_back(world.make_peer());
  peers.back()->connect(listener);
  EXPECT_TRUE(driver.is_idle(5ms));
  driver.submit_accept(kAccept, listener);
  const Completion accepted = driver.next(kAccept);
  EXPECT_EQ(accepted.flags & kMore, kMore);
  fds.insert(accepted.result);
  driver.submit_cancel(kCancel, kAccept);
  EXPECT_EQ(driver.result(kCancel), 0);
  EXPECT_EQ(driver.result(kAccept), -ECANCELED);
  for (const int fd : fds) driver.close(fd);
  driver.close(listener);
}

void accept_without_descriptors(ContractWorld& world) {
  ContractDriver driver(world);
  const int listener = world.listen();
  const auto first = world.make_peer();
  const auto second = world.make_peer();
  driver.submit_accept(kAccept, listener);
  first->connect(listener);
  const Completion before = driver.next(kAccept);
  EXPECT_GE(before.result, 0);
  EXPECT_EQ(before.flags & kMore, kMore);
  EXPECT_TRUE(driver.is_idle(5ms));
  world.exhaust_descriptors();
  second->connect(listener);
  EXPECT_EQ(driver.result(kAccept), -EMFILE);
  EXPECT_TRUE(driver.is_idle(5ms));
  world.release_descriptors();

  // The connection was not lost.
  driver.submit_accept(kAccept, listener);
  const Completion after = driver.next(kAccept);
  EXPECT_GE(after.result, 0);
  EXPECT_EQ(after.flags & kMore, kMore);
  driver.submit_cancel(kCancel, kAccept);
  EXPECT_EQ(driver.result(kCancel), 0);
  EXPECT_EQ(driver.result(kAccept), -ECANCELED);
  driver.close(before.result);
  driver.close(after.result);
  driver.close(listener);
}

// This is how a full server answers one more client that it is full.
void spare_descriptor_makes_room_for_one(ContractWorld& world) {
  ContractDriver driver(world);
  const int listener = world.listen();
  const auto first = world.make_peer();
  const auto second = world.make_peer();
  const int spare = world.backend().open_spare();
  ASSERT_GE(spare, 0);
  EXPECT_TRUE(world.is_open(spare));
  // UBSan opens a pipe when it first handles an object's type: do that while descriptors last.
  first->connect(listener);
  world.exhaust_descriptors();
  EXPECT_EQ(world.backend().open_spare(), -EMFILE);
  driver.submit_accept(kAccept, listener);
  EXPECT_EQ(driver.result(kAccept), -EMFILE);

  driver.close(spare);
  driver.submit_accept(kAccept, listener);
  const Completion accepted = driver.next(kAccept);
  EXPECT_GE(accepted.result, 0);
  EXPECT_EQ(accepted.flags & kMore, kMore);
  second->connect(listener);
  EXPECT_EQ(driver.result(kAccept), -EMFILE);
  EXPECT_EQ(world.backend().open_spare(), -EMFILE);

  // When that client is gone, its descriptor becomes the next spare one.
  driver.close(accepted.result);
  const int next_spare = world.backend().open_spare();
  EXPECT_GE(next_spare, 0);
  world.release_descriptors();
  driver.close(next_spare);
  driver.close(listener);
}

void cancel_waiting_requests(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  const int eventfd = world.make_eventfd();
  uint64_t value = 0;
  char byte = 0;
  driver.submit(kReceive, io_uring_prep_recv, connection.fd, &byte, size_t{1}, 0);
  driver.submit(kRead, io_uring_prep_read, eventfd, &value, 8u, 0u);
  driver.fill(connection.fd, kSend);
  for (const uint64_t id : {kReceive, kRead, kSend}) {
    driver.submit_cancel(kCancel, id);
    EXPECT_EQ(driver.result(kCancel), 0) << id;
    EXPECT_EQ(driver.result(id), -ECANCELED) << id;
  }
  // The descriptors are still usable.
  driver.submit(kReceive, io_uring_prep_recv, connection.fd, &byte, size_t{1}, 0);
  driver.submit(kRead, io_uring_prep_read, eventfd, &value, 8u, 0u);
  connection.peer->send("!");
  world.wake(eventfd);
  EXPECT_EQ(driver.result(kReceive), 1);
  EXPECT_EQ(driver.result(kRead), 8);
  driver.close(connection.fd);
}

void cancel_unknown(ContractWorld& world) {
  ContractDriver driver(world);
  driver.submit_cancel(kCancel, kReceive);
  EXPECT_EQ(driver.result(kCancel), -ENOENT);
}

void close_ends_connection(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  EXPECT_FALSE(connection.peer->at_end());
  driver.close(connection.fd);
  for (int i = 0; i < 1000 && !connection.peer->at_end(); ++i) driver.is_idle(1ms);
  EXPECT_TRUE(connection.peer->at_end());
}

// If the lowest free number is reused, each of these has the number of the previous one. A backend
// must not confuse the new one with the old one.
void descriptor_is_reused(ContractWorld& world) {
  ContractDriver driver(world);
  char byte = 0;
  for (int i = 0; i < 3; ++i) {
    const ContractConnection connection = driver.connect();
    driver.submit(kReceive, io_uring_prep_recv, connection.fd, &byte, size_t{1}, 0);
    const size_t taken = driver.fill(connection.fd, kSend);
    EXPECT_FALSE(driver.comes(kReceive, 5ms));
    connection.peer->send("x");
    EXPECT_EQ(driver.result(kReceive), 1);
    driver.receive(*connection.peer, taken);
    EXPECT_GT(driver.result(kSend), 0);
    driver.close(connection.fd);
  }
  uint64_t value = 0;
  for (int i = 0; i < 3; ++i) {
    const int eventfd = world.make_eventfd();
    driver.submit(kRead, io_uring_prep_read, eventfd, &value, 8u, 0u);
    EXPECT_TRUE(driver.is_idle(5ms));
    world.wake(eventfd);
    EXPECT_EQ(driver.result(kRead), 8);
    driver.close(eventfd);
  }
}

// A backend may decline to register. If it does register, the connection must still end with its
// close, while a request on another registered descriptor waits, and the number must be reusable.
void registered_descriptor_sends_and_closes(ContractWorld& world) {
  ContractDriver driver(world);
  Backend& backend = world.backend();
  const ContractConnection waiting = driver.connect();
  const bool is_registered = backend.register_descriptor(waiting.fd);
  const auto flags = [](bool registered) {
    return static_cast<uint8_t>(registered ? IOSQE_FIXED_FILE : 0u);
  };
  char byte = 0;
  driver.submit(kReceive, [&](io_uring_sqe* sqe) {
    io_uring_prep_recv(sqe, waiting.fd, &byte, sizeof byte, 0);
    sqe->flags = flags(is_registered);
  });
  for (int i = 0; i < 3; ++i) {
    const ContractConnection other = driver.connect();
    const bool other_is_registered = backend.register_descriptor(other.fd);
    driver.submit(kSend, [&](io_uring_sqe* sqe) {
      io_uring_prep_send(sqe, other.fd, "frame", size_t{5}, MSG_NOSIGNAL);
      sqe->flags = flags(other_is_registered);
    });
    EXPECT_EQ(driver.result(kSend), 5);
    EXPECT_EQ(driver.receive(*other.peer, 5), "frame");
    if (other_is_registered) backend.unregister_descriptor(other.fd);
    driver.close(other.fd);
    for (int turn = 0; turn < 1000 && !other.peer->at_end(); ++turn) driver.is_idle(1ms);
    EXPECT_TRUE(other.peer->at_end());
  }
  waiting.peer->send("!");
  EXPECT_EQ(driver.result(kReceive), 1);
  if (is_registered) backend.unregister_descriptor(waiting.fd);
  driver.close(waiting.fd);
}

void bad_descriptors(ContractWorld& world) {
  ContractDriver driver(world);
  const int fd = world.make_eventfd();
  driver.close(fd);
  char byte = 0;
  driver.submit(kReceive, io_uring_prep_recv, fd, &byte, size_t{1}, 0);
  EXPECT_EQ(driver.result(kReceive), -EBADF);
  driver.submit(kSend, io_uring_prep_send, fd, &byte, size_t{1}, MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), -EBADF);
  driver.submit_accept(kAccept, fd);
  EXPECT_EQ(driver.result(kAccept), -EBADF);
  driver.submit(kClose, io_uring_prep_close, fd);
  EXPECT_EQ(driver.result(kClose), -EBADF);
}

void eventfd_wakes_once(ContractWorld& world) {
  ContractDriver driver(world);
  const int eventfd = world.make_eventfd();
  uint64_t value = 0;
  const auto submit = [&] { driver.submit(kRead, io_uring_prep_read, eventfd, &value, 8u, 0u); };
  submit();
  EXPECT_TRUE(driver.is_idle(5ms));
  world.wake(eventfd);
  EXPECT_EQ(driver.result(kRead), 8);
  EXPECT_EQ(value, 1u);

  // Wakes while no read is armed are kept, and one read takes them all.
  for (int i = 0; i < 3; ++i) world.wake(eventfd);
  EXPECT_TRUE(driver.is_idle(5ms));
  submit();
  EXPECT_EQ(driver.result(kRead), 8);
  EXPECT_EQ(value, 3u);
  submit();
  EXPECT_TRUE(driver.is_idle(5ms));
  world.wake(eventfd);
  EXPECT_EQ(driver.result(kRead), 8);
  EXPECT_EQ(value, 1u);
}

void deadline_in_the_past(ContractWorld& world) {
  ContractDriver driver(world);
  Backend& backend = world.backend();
  std::array<Event, 4> events;
  for (const Instant past : {Instant::min(), Instant{}, backend.now() - 1s}) {
    EXPECT_EQ(backend.wait(events, past), 0u);
  }
  // It submits anyway.
  const ContractConnection connection = driver.connect();
  driver.submit(kSend, io_uring_prep_send, connection.fd, "now", size_t{3}, MSG_NOSIGNAL);
  driver.comes(kSend, Duration(0));
  EXPECT_EQ(driver.receive(*connection.peer, 3), "now");
  EXPECT_EQ(driver.result(kSend), 3);
  driver.close(connection.fd);
}

void deadline_is_reached(ContractWorld& world) {
  ContractDriver driver(world);
  Backend& backend = world.backend();
  const int eventfd = world.make_eventfd();
  uint64_t value = 0;
  driver.submit(kRead, io_uring_prep_read, eventfd, &value, 8u, 0u);
  std::array<Event, 4> events;
  for (const Duration duration : {Duration(1), Duration(300us), Duration(20ms)}) {
    const Instant deadline = backend.now() + duration;
    EXPECT_EQ(backend.wait(events, deadline), 0u);
    EXPECT_GE(backend.now(), deadline);
  }
  // An event ends the wait, with a deadline or without.
  world.wake(eventfd);
  EXPECT_EQ(backend.wait(events, kNever), 1u);
  EXPECT_EQ(events[0].user_data, kRead);
}

void events_beyond_the_span(ContractWorld& world) {
  ContractDriver driver(world);
  const Eventfds eventfds(world, driver, 10);
  expect_each_once(world, 3, 10);
}

void two_thousand_completions(ContractWorld& world) {
  ContractDriver driver(world);
  const Eventfds eventfds(world, driver, 2000);
  expect_each_once(world, 64, 2000);
}

// Prepares more requests than any queue holds before the first wait.
void requests_beyond_the_queue(ContractWorld& world) {
  ContractDriver driver(world);
  constexpr size_t kCount = 3000;
  for (size_t i = 0; i < kCount; ++i) driver.submit_cancel(kFirstFree + i, kReceive);
  for (size_t i = 0; i < kCount; ++i) EXPECT_EQ(driver.result(kFirstFree + i), -ENOENT);
}

}  // namespace fanlight
