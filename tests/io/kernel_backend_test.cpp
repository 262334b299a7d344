// SPDX-License-Identifier: Apache-2.0
// Features that both real backends have beyond the contract.
#include "io/kernel_backend.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.h"
#include "io/choose_backend.h"
#include "io/listener.h"
#include "io/uring_backend.h"

namespace fanlight {
namespace {

class KernelBackendTest : public ::testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override {
    if (GetParam() == BackendKind::uring && probe_uring().error != 0) {
      GTEST_SKIP() << "io_uring is forbidden here";
    }
    backend_ = make_backend(GetParam(), 16);
  }

  // One event, or user_data 0 if none arrives in time.
  Event next(Duration patience = 10s) {
    Event event{};
    const unsigned count = backend_->wait({&event, 1}, backend_->now() + patience);
    return count == 1 ? event : Event{};
  }

  std::unique_ptr<Backend> backend_;
};

INSTANTIATE_TEST_SUITE_P(Kernel, KernelBackendTest,
                         ::testing::Values(BackendKind::uring, BackendKind::epoll),
                         [](const auto& test) {
                           return test.param == BackendKind::uring ? "uring" : "epoll";
                         });

// Two ends of a TCP connection on the loopback device.
struct TcpPair {
  TcpPair() : listener({ListenAddress::Family::tcp4, "127.0.0.1", 0}, 1, {}) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::getsockname(listener.fd(0), generic, &size), 0);
    EXPECT_EQ(::connect(peer.get(), generic, size), 0);
    ours = Fd(::accept(listener.fd(0), nullptr, nullptr));
  }
  Listener listener;
  Fd peer{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Fd ours;
};

TEST_P(KernelBackendTest, ClocksMatchTheSystems) {
  const Instant before = read_monotonic_clock();
  const Instant now = backend_->now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, read_monotonic_clock());
  EXPECT_LT(std::chrono::abs(backend_->wall_now() - read_wall_clock()), 1h);
}

TEST_P(KernelBackendTest, TcpPeerProgressCountsAcknowledgedBytes) {
  const TcpPair pair;
  const int fd = pair.ours.get();
  const uint64_t before = backend_->peer_progress(fd);
  const std::string bytes(1 << 20, 'x');
  size_t sent = 0;
  for (ssize_t size = 0; size >= 0; size = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT)) {
    sent += static_cast<size_t>(size);
  }
  // The peer does not read: the bytes in its queue are acknowledged, the rest are not.
  next(50ms);
  EXPECT_LT(backend_->peer_progress(fd) - before, sent);
  // When it has read everything, all bytes are. An acknowledgement may take 40 ms (tcp(7),
  // TCP_QUICKACK).
  std::string buffer(1 << 20, '\0');
  for (size_t received = 0; received < sent;) {
    const ssize_t size = ::recv(pair.peer.get(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(size, 0);
    received += static_cast<size_t>(size);
  }
  for (int i = 0; i < 10'000 && backend_->peer_progress(fd) < before + sent; ++i) next(1ms);
  EXPECT_EQ(backend_->peer_progress(fd), before + sent);
}

TEST_P(KernelBackendTest, UnixPeerProgressChangesWhenThePeerReads) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const Fd ours(fds[0]), peer(fds[1]);
  ASSERT_EQ(::send(ours.get(), "hello", 5, 0), 5);
  const uint64_t queued = backend_->peer_progress(ours.get());
  EXPECT_GT(queued, 0u);
  char buffer[8];
  ASSERT_EQ(::recv(peer.get(), buffer, sizeof buffer, 0), 5);
  EXPECT_LT(backend_->peer_progress(ours.get()), queued);
}

TEST_P(KernelBackendTest, PeerProgressOfANonSocketIsZero) {
  EXPECT_EQ(backend_->peer_progress(-1), 0u);
}

TEST_P(KernelBackendTest, CloseAfterResetOnCloseSendsAReset) {
  TcpPair pair;
  backend_->reset_on_close(pair.ours.get());
  io_uring_prep_close(backend_->next_sqe(), pair.ours.release());
  EXPECT_EQ(next().result, 0);
  char byte = 0;
  EXPECT_EQ(::recv(pair.peer.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_P(KernelBackendTest, PeerAddressIsReadFromTheSocket) {
  TcpPair pair;
  PeerAddress loopback{.bytes = {}, .is_local = true};
  loopback.bytes[10] = loopback.bytes[11] = std::byte{0xff};
  loopback.bytes[12] = std::byte{127};
  loopback.bytes[15] = std::byte{1};
  EXPECT_EQ(backend_->peer_address(pair.ours.get()), loopback);
  EXPECT_EQ(backend_->peer_address(pair.listener.fd(0)), PeerAddress{}) << "not connected";
  EXPECT_EQ(backend_->peer_address(-1), PeerAddress{});
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const Fd ours(fds[0]), peer(fds[1]);
  EXPECT_EQ(backend_->peer_address(ours.get()), (PeerAddress{.bytes = {}, .is_local = true}));
}

TEST_P(KernelBackendTest, AcceptReturnsThePeersAddress) {
  const TcpPair pair;
  sockaddr_in told{};
  socklen_t told_size = sizeof told;
  io_uring_prep_multishot_accept(backend_->next_sqe(), pair.listener.fd(0),
                                 reinterpret_cast<sockaddr*>(&told), &told_size, SOCK_CLOEXEC);
  const Fd second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::getsockname(pair.listener.fd(0), generic, &size), 0);
  ASSERT_EQ(::connect(second.get(), generic, size), 0);
  const Fd accepted(next().result);
  ASSERT_TRUE(accepted);
  ASSERT_EQ(::getsockname(second.get(), generic, &size), 0);
  EXPECT_EQ(told_size, sizeof told);
  EXPECT_EQ(told.sin_port, address.sin_port);
  EXPECT_EQ(told.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

// Shards share AF_UNIX and inherited listeners: one shard gets each connection, and the others
// continue to wait.
TEST_P(KernelBackendTest, ShardsShareAListener) {
  const auto other = make_backend(GetParam(), 16);
  const TcpPair pair;
  for (Backend* shard : {backend_.get(), other.get()}) {
    io_uring_prep_multishot_accept(shard->next_sqe(), pair.listener.fd(0), nullptr, nullptr,
                                   SOCK_CLOEXEC);
    Event event{};
    EXPECT_EQ(shard->wait({&event, 1}, Instant::min()), 0u);
  }
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::getsockname(pair.listener.fd(0), generic, &size), 0);
  constexpr int kConnections = 20;
  std::vector<Fd> peers, accepted;
  for (int i = 0; i < kConnections; ++i) {
    peers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(peers.back().get(), generic, size), 0);
  }
  for (int turn = 0; turn < 10'000 && accepted.size() < kConnections; ++turn) {
    for (Backend* shard : {backend_.get(), other.get()}) {
      Event event{};
      if (shard->wait({&event, 1}, shard->now() + 1ms) == 0) continue;
      ASSERT_GE(event.result, 0);
      EXPECT_TRUE(event.flags & IORING_CQE_F_MORE);
      accepted.emplace_back(event.result);
    }
  }
  EXPECT_EQ(accepted.size(), size_t{kConnections});
}

// A full UNIX socket that is shut down is not writable, only hung up (unix(7), poll(2)).
TEST_P(KernelBackendTest, ShutdownEndsAWaitingSendToAUnixSocket) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const Fd ours(fds[0]), peer(fds[1]);
  const std::string bytes(64 << 10, 'x');
  for (;;) {
    io_uring_prep_send(backend_->next_sqe(), ours.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    Event event{};
    if (backend_->wait({&event, 1}, Instant::min()) == 0) break;
    ASSERT_GT(event.result, 0);
  }
  ASSERT_EQ(::shutdown(ours.get(), SHUT_RDWR), 0);
  EXPECT_EQ(next().result, -EPIPE);
}

// Signals interrupt the wait every 2 ms, but it continues until the deadline.
TEST_P(KernelBackendTest, SignalsDoNotEndTheWait) {
  static volatile sig_atomic_t signals = 0;
  signals = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };
  struct sigaction former {};
  ASSERT_EQ(::sigaction(SIGALRM, &action, &former), 0);
  const itimerval often{{0, 2000}, {0, 2000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
  Event event{};
  while (signals < 5) {
    const Instant deadline = backend_->now() + 20ms;
    EXPECT_EQ(backend_->wait({&event, 1}, deadline), 0u);
    EXPECT_GE(backend_->now(), deadline);
  }
  const itimerval never{};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &never, nullptr), 0);
  ASSERT_EQ(::sigaction(SIGALRM, &former, nullptr), 0);
}

}  // namespace
}  // namespace fanlight
