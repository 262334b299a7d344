// SPDX-License-Identifier: Apache-2.0
#include "tests/io/contract_driver.h"

#include <algorithm>
#include <array>
#include <climits>

namespace fanlight {
namespace {

constexpr Duration kPatience = 10s;
// Ids of the driver's own requests, greater than those of the scenarios.
constexpr uint64_t kAccept = 1ull << 32;
constexpr uint64_t kCancel = kAccept + 1;
constexpr uint64_t kClose = kAccept + 2;

}  // namespace

char stream_byte(size_t index) {
  return static_cast<char>((index * 2654435761u) >> 13);
}

ContractDriver::~ContractDriver() {
  if (listener_ >= 0) {
    submit_cancel(kCancel, kAccept);
    EXPECT_EQ(result(kCancel), 0);
    EXPECT_EQ(result(kAccept), -ECANCELED);
    close(listener_);
  }
  EXPECT_TRUE(is_idle(Duration(0)));
  for (const auto& [id, left] : completions_) {
    for (const Completion& completion : left) {
      ADD_FAILURE() << "unexpected completion of " << id << ": " << completion.result << " flags "
                    << completion.flags;
    }
  }
}

void ContractDriver::submit_accept(uint64_t id, int listener) {
  submit(id, io_uring_prep_multishot_accept, listener, nullptr, nullptr, SOCK_CLOEXEC);
}

void ContractDriver::submit_cancel(uint64_t id, uint64_t target) {
  submit(id, [target](io_uring_sqe* sqe) {
    io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, -1, nullptr, 0, 0);
    sqe->addr = target;
  });
}

// One wait; true when there were events.
bool ContractDriver::turn(Instant deadline) {
  std::array<Event, 64> events;
  const unsigned count = world_.backend().wait(events, deadline);
  for (unsigned i = 0; i < count; ++i) {
    completions_[events[i].user_data].push_back({events[i].result, events[i].flags});
  }
  return count > 0;
}

bool ContractDriver::comes(uint64_t id, Duration within) {
  const Instant deadline = world_.backend().now() + within;
  while (completions_[id].empty()) {
    if (!turn(deadline)) return false;
  }
  return true;
}

Completion ContractDriver::next(uint64_t id) {
  if (!comes(id, kPatience)) {
    ADD_FAILURE() << "no completion of " << id;
    return {INT_MIN, 0};
  }
  const Completion completion = completions_[id].front();
  completions_[id].pop_front();
  return completion;
}

int ContractDriver::result(uint64_t id) {
  const Completion completion = next(id);
  EXPECT_EQ(completion.flags & kMore, 0u) << "of " << id;
  return completion.result;
}

bool ContractDriver::is_idle(Duration duration) {
  return !turn(world_.backend().now() + duration);
}

ContractConnection ContractDriver::connect() {
  if (listener_ < 0) {
    listener_ = world_.listen();
    submit_accept(kAccept, listener_);
  }
  ContractConnection connection;
  connection.peer = world_.make_peer();
  connection.peer->connect(listener_);
  const Completion accepted = next(kAccept);
  EXPECT_GE(accepted.result, 0);
  EXPECT_EQ(accepted.flags & kMore, kMore);
  connection.fd = accepted.result;
  return connection;
}

size_t ContractDriver::fill(int fd, uint64_t id, With with) {
  constexpr size_t kSize = 1 << 20;
  const size_t first = with == With::sendmsg_of_large_first ? 60'000 : 1;
  message_.msg_iov = pieces_.data();
  message_.msg_iovlen = pieces_.size();
  size_t taken = 0;
  for (;;) {
    const std::span<char> bytes = world_.memory(kSize);
    for (size_t i = 0; i < kSize; ++i) bytes[i] = stream_byte(taken + i);
    pieces_ = {iovec{bytes.data(), first}, iovec{bytes.data() + first, 999},
               iovec{bytes.data() + first + 999, kSize - first - 999}};
    if (with == With::send) {
      submit(id, io_uring_prep_send, fd, bytes.data(), kSize, MSG_NOSIGNAL);
    } else {
      submit(id, io_uring_prep_sendmsg, fd, &message_, unsigned{MSG_NOSIGNAL});
    }
    // Bytes in flight to the peer may free some space a little later; then sending continues. The
    // caller only learns that a request is waiting, so the length of this delay does not matter.
    if (!comes(id, 50ms)) return taken;
    const int sent = result(id);
    EXPECT_GT(sent, 0);
    if (sent <= 0) return taken;
    taken += static_cast<size_t>(sent);
  }
}

std::string ContractDriver::receive(ContractPeer& peer, size_t size) {
  std::string received;
  const Instant deadline = world_.backend().now() + kPatience;
  while (received.size() < size && world_.backend().now() < deadline) {
    const std::string chunk = peer.receive(size - received.size());
    if (chunk.empty()) turn(world_.backend().now() + 1ms);
    received += chunk;
  }
  EXPECT_EQ(received.size(), size);
  return received;
}

void ContractDriver::expect_stream(ContractPeer& peer, size_t size) {
  const std::string received = receive(peer, size);
  for (size_t i = 0; i < received.size(); ++i) {
    ASSERT_EQ(received[i], stream_byte(received_ + i)) << "at byte " << received_ + i;
  }
  received_ += received.size();
}

void ContractDriver::close(int fd) {
  submit(kClose, io_uring_prep_close, fd);
  EXPECT_EQ(result(kClose), 0);
  EXPECT_FALSE(world_.is_open(fd));
}

}  // namespace fanlight
