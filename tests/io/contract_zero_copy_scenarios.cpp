// SPDX-License-Identifier: Apache-2.0
// The contract of SEND_ZC: two completions, and when the second arrives.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "io/zero_copy_abi.h"
#include "tests/io/contract_driver.h"
#include "tests/io/contract_scenarios.h"

namespace fanlight {
namespace {

enum Id : uint64_t { kSend = 1, kCancel, kClose, kFirstFree = 100 };

void submit_zero_copy(ContractDriver& driver, uint64_t id, int fd, std::span<const char> bytes) {
  driver.submit(id, prepare_send_zero_copy, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool is_notification(const Completion& completion) {
  const auto usage = static_cast<uint32_t>(completion.result);
  return completion.flags == IORING_CQE_F_NOTIF && (usage & ~IORING_NOTIF_USAGE_ZC_COPIED) == 0;
}

// Takes the second completion of `id`, if the first one announces it.
void expect_notification(ContractDriver& driver, uint64_t id, const Completion& first) {
  if ((first.flags & kMore) == 0) return;
  EXPECT_TRUE(is_notification(driver.next(id))) << id;
}

// Sends until the socket takes no more.
struct Filled {
  std::vector<uint64_t> taken;  // ids of the sends accepted; their notifications are due
  uint64_t waiting = 0;         // id of the one in flight; 0: the user may lock no more memory
};

Filled fill(ContractWorld& world, ContractDriver& driver, int fd) {
  Filled filled;
  for (uint64_t id = kFirstFree;; ++id) {
    submit_zero_copy(driver, id, fd, world.memory(64 << 10));
    if (!driver.comes(id, 50ms)) {
      filled.waiting = id;
      return filled;
    }
    const Completion sent = driver.next(id);
    if (sent.result == -ENOMEM) {
      expect_notification(driver, id, sent);
      return filled;
    }
    EXPECT_GT(sent.result, 0);
    EXPECT_EQ(sent.flags & kMore, kMore);
    filled.taken.push_back(id);
  }
}

// Cancels the waiting send. It may have a notification too, of no bytes.
void cancel_waiting(ContractDriver& driver, const Filled& filled) {
  if (filled.waiting == 0) return;
  driver.submit_cancel(kCancel, filled.waiting);
  EXPECT_EQ(driver.result(kCancel), 0);
  const Completion cancelled = driver.next(filled.waiting);
  EXPECT_EQ(cancelled.result, -ECANCELED);
  expect_notification(driver, filled.waiting, cancelled);
}

}  // namespace

// A backend without it refuses in one completion, and the connection is still usable.
void zero_copy_completes_twice_or_is_refused(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  const std::span<char> bytes = world.memory(20'000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = stream_byte(i);
  submit_zero_copy(driver, kSend, connection.fd, bytes);
  const Completion sent = driver.next(kSend);
  if (sent.result < 0) {
    const bool usable = world.backend().can_report_zero_copy();
    EXPECT_TRUE(sent.result == -ENOMEM || (!usable && sent.result == -EINVAL)) << sent.result;
  } else {
    EXPECT_EQ(sent.flags & kMore, kMore);
    const std::string received = driver.receive(*connection.peer, static_cast<size_t>(sent.result));
    EXPECT_TRUE(std::equal(received.begin(), received.end(), bytes.begin()));
  }
  expect_notification(driver, kSend, sent);
  driver.submit(kSend, io_uring_prep_send, connection.fd, "plain", size_t{5}, MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), 5);
  EXPECT_EQ(driver.receive(*connection.peer, 5), "plain");
  driver.close(connection.fd);
}

// A send with a result is not in flight, so it cannot be cancelled.
void zero_copy_is_cancelled_only_while_it_waits(ContractWorld& world) {
  if (!world.backend().can_report_zero_copy()) return;
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  const Filled filled = fill(world, driver, connection.fd);
  cancel_waiting(driver, filled);
  for (const uint64_t id : filled.taken) {
    driver.submit_cancel(kCancel, id);
    EXPECT_EQ(driver.result(kCancel), -ENOENT);
  }
  world.backend().reset_on_close(connection.fd);
  driver.close(connection.fd);
  for (const uint64_t id : filled.taken) EXPECT_TRUE(is_notification(driver.next(id)));
}

// The peer does not read. The bytes queued for it are discarded, and only then does the memory
// belong to the sender again.
void zero_copy_to_a_stalled_peer_ends_with_a_reset(ContractWorld& world) {
  if (!world.backend().can_report_zero_copy()) return;
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  const Filled filled = fill(world, driver, connection.fd);
  cancel_waiting(driver, filled);
  if (filled.waiting != 0) {
    ASSERT_FALSE(filled.taken.empty());
    EXPECT_FALSE(driver.comes(filled.taken.back(), 20ms));
  }
  world.backend().reset_on_close(connection.fd);
  driver.close(connection.fd);
  for (const uint64_t id : filled.taken) EXPECT_TRUE(is_notification(driver.next(id)));
}

}  // namespace fanlight
