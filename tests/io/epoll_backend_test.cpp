// SPDX-License-Identifier: Apache-2.0
// Only features of the epoll backend; the rest is in the contract.
#include "io/epoll_backend.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "core/shared_memory.h"
#include "core/waker.h"
#include "io/listener.h"
#include "io/zero_copy_abi.h"
#include "tests/io/child_process.h"

namespace fanlight {
namespace {

struct SocketPair {
  SocketPair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ours = Fd(fds[0]);
    peer = Fd(fds[1]);
  }
  Fd ours, peer;
};

// Connects `count` times and closes no socket.
std::vector<Fd> connect_many(const Listener& listener, size_t count) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::getsockname(listener.fd(0), generic, &size), 0);
  std::vector<Fd> peers;
  for (size_t i = 0; i < count; ++i) {
    peers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(peers.back().get(), generic, size), 0);
  }
  return peers;
}

// io_uring could do all of this, so code that relies on it would fail only where epoll is used.
TEST(EpollBackendTest, RefusesUnspecifiedRequests) {
  EpollBackend backend(16);
  const SocketPair pair;
  char bytes[8]{};
  const int fd = pair.ours.get();
  const std::function<void(io_uring_sqe*)> requests[] = {
      [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); },
      [&](io_uring_sqe* sqe) { io_uring_prep_write(sqe, fd, bytes, 1, 0); },
      [&](io_uring_sqe* sqe) { io_uring_prep_accept(sqe, fd, nullptr, nullptr, 0); },
      [&](io_uring_sqe* sqe) {
        io_uring_prep_multishot_accept_direct(sqe, fd, nullptr, nullptr, 0);
      },
      [&](io_uring_sqe* sqe) { io_uring_prep_send(sqe, fd, bytes, 1, MSG_WAITALL); },
      [&](io_uring_sqe* sqe) { prepare_send_zero_copy(sqe, fd, bytes, 1, MSG_NOSIGNAL); },
      [&](io_uring_sqe* sqe) { io_uring_prep_poll_multishot(sqe, fd, EPOLLIN); },
      [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, fd, bytes, 1, 0);
        sqe->flags |= IOSQE_IO_LINK;
      },
      [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, fd, bytes, 1, 0);
        sqe->ioprio |= IORING_RECV_MULTISHOT;
      },
      [](io_uring_sqe* sqe) {
        io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, -1, nullptr, 0, 0);
        sqe->cancel_flags = IORING_ASYNC_CANCEL_ALL;
      }};
  for (const auto& prepare : requests) {
    io_uring_sqe* sqe = backend.next_sqe();
    prepare(sqe);
    sqe->user_data = 7;
    Event event{};
    ASSERT_EQ(backend.wait({&event, 1}, Instant::min()), 1u);
    EXPECT_EQ(event.user_data, 7u);
    EXPECT_EQ(event.result, -EINVAL) << "request " << &prepare - requests;
    EXPECT_EQ(event.flags, 0u);
  }
}

TEST(EpollBackendTest, BurstOfConnectsLeavesRoomForOthers) {
  EpollBackend backend(16);
  const Listener listener({ListenAddress::Family::tcp4, "127.0.0.1", 0}, 1, {});
  Waker waker;
  uint64_t value = 0;
  const size_t connects = 5 * EpollBackend::kAcceptsPerTurn;
  const auto peers = connect_many(listener, connects);
  waker.wake();
  io_uring_prep_multishot_accept(backend.next_sqe(), listener.fd(0), nullptr, nullptr,
                                 SOCK_CLOEXEC);
  io_uring_sqe* read = backend.next_sqe();
  io_uring_prep_read(read, waker.fd(), &value, sizeof value, 0);
  read->user_data = 1;

  std::array<Event, 512> events;
  std::vector<Fd> accepted;
  bool woken = false;
  while (accepted.size() < connects) {
    const unsigned count = backend.wait(events, backend.now() + 10s);
    ASSERT_GT(count, 0u);
    // Once when the request is submitted, once when epoll reports the listener.
    ASSERT_LE(count, 2u * EpollBackend::kAcceptsPerTurn + 1);
    for (unsigned i = 0; i < count; ++i) {
      if (events[i].user_data == 1) {
        woken = true;
      } else {
        accepted.emplace_back(events[i].result);
      }
    }
    EXPECT_TRUE(woken) << "in the first iteration";
  }
  EXPECT_EQ(accepted.size(), connects);
}

// Sends are executed immediately and always complete; the listener must be polled anyway.
TEST(EpollBackendTest, PollsDescriptorsWhileSendsComplete) {
  EpollBackend backend(16);
  const Listener listener({ListenAddress::Family::tcp4, "127.0.0.1", 0}, 1, {});
  const SocketPair pair;
  io_uring_prep_multishot_accept(backend.next_sqe(), listener.fd(0), nullptr, nullptr,
                                 SOCK_CLOEXEC);
  std::array<Event, 16> events;
  ASSERT_EQ(backend.wait(events, Instant::min()), 0u);
  const auto peers = connect_many(listener, 1);
  Fd accepted;
  char byte = 0;
  for (int turn = 0; turn < 1000 && !accepted; ++turn) {
    io_uring_sqe* send = backend.next_sqe();
    io_uring_prep_send(send, pair.ours.get(), "x", 1, MSG_NOSIGNAL);
    send->user_data = 1;
    const unsigned count = backend.wait(events, Instant::min());
    ASSERT_GT(count, 0u);
    ASSERT_EQ(::recv(pair.peer.get(), &byte, 1, 0), 1)
        << "so that every send completes immediately";
    for (unsigned i = 0; i < count; ++i) {
      if (events[i].user_data != 1) accepted = Fd(events[i].result);
    }
  }
  EXPECT_TRUE(accepted);
}

TEST(EpollBackendTest, ServesDescriptorsBeyondItsInitialCapacity) {
  EpollBackend backend(1);
  const SocketPair pair;
  const Fd high(::fcntl(pair.ours.get(), F_DUPFD_CLOEXEC, 900));
  ASSERT_GE(high.get(), 900);
  char byte = 0;
  io_uring_prep_recv(backend.next_sqe(), high.get(), &byte, 1, 0);
  Event event{};
  ASSERT_EQ(backend.wait({&event, 1}, Instant::min()), 0u);
  ASSERT_EQ(::write(pair.peer.get(), "x", 1), 1);
  ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
  EXPECT_EQ(event.result, 1);
  EXPECT_EQ(byte, 'x');
}

// An accepted socket may be closed elsewhere (a refused viewer), before or after the first wait for
// it. When its number is accepted again, it means a new connection.
TEST(EpollBackendTest, ReusedDescriptorIsANewConnection) {
  EpollBackend backend(16);
  const Listener listener({ListenAddress::Family::tcp4, "127.0.0.1", 0}, 1, {});
  io_uring_prep_multishot_accept(backend.next_sqe(), listener.fd(0), nullptr, nullptr,
                                 SOCK_CLOEXEC);
  int former = -1;
  for (int round = 0; round < 2; ++round) {
    const auto peers = connect_many(listener, 1);
    Event event{};
    ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
    const Fd accepted(event.result);
    ASSERT_TRUE(round == 0 || accepted.get() == former);
    former = accepted.get();
    char byte = 0;
    io_uring_prep_recv(backend.next_sqe(), accepted.get(), &byte, 1, 0);
    ASSERT_EQ(backend.wait({&event, 1}, Instant::min()), 0u);
    ASSERT_EQ(::write(peers[0].get(), "x", 1), 1);
    ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
    EXPECT_EQ(event.result, 1);
  }
}

// The CPU time of this thread, not the time elapsed.
Duration computed() {
  timespec time{};
  EXPECT_EQ(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// A listener that stays ready without an accept must not be reported over and over.
TEST(EpollBackendTest, ListenerWithoutAcceptDoesNotSpin) {
  for (const bool cancelled : {true, false}) {
    EpollBackend backend(16);
    const Listener listener({ListenAddress::Family::tcp4, "127.0.0.1", 0}, 1, {});
    io_uring_sqe* accept = backend.next_sqe();
    io_uring_prep_multishot_accept(accept, listener.fd(0), nullptr, nullptr, SOCK_CLOEXEC);
    accept->user_data = 1;
    io_uring_sqe* end = backend.next_sqe();
    if (cancelled) {
      io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, end, -1, nullptr, 0, 0);
      end->addr = accept->user_data;
    } else {
      io_uring_prep_shutdown(end, listener.fd(0), SHUT_RDWR);
    }
    std::array<Event, 4> events;
    ASSERT_EQ(backend.wait(events, Instant::min()), 2u);
    std::vector<Fd> peers;
    if (cancelled) peers = connect_many(listener, 1);
    const Duration before = computed();
    EXPECT_EQ(backend.wait(events, backend.now() + 200ms), 0u);
    EXPECT_LT(computed() - before, 10ms);
  }
}

// epoll_wait(2) counts milliseconds; it must not be called over and over for a fraction of one.
TEST(EpollBackendTest, DoesNotSpinForFractionsOfAMillisecond) {
  EpollBackend backend(16);
  Event event{};
  const Duration before = computed();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(backend.wait({&event, 1}, backend.now() + 900us), 0u);
  }
  EXPECT_LT(computed() - before, 20ms) << "of 90 ms and more";
}

// Paced sends wait for less than a millisecond. The precise call is used where it exists (the old
// ones are forbidden here), and the old one otherwise.
TEST(EpollBackendTest, WaitsWithWhicheverCallExists) {
  for (const unsigned error : {unsigned{ENOSYS}, unsigned{EPERM}}) {
    for (const bool precise : {true, false}) {
      in_child([=] {
        if (precise) {
          ASSERT_TRUE(forbid({__NR_epoll_pwait}, EINVAL));
#ifdef __NR_epoll_wait  // absent on 64-bit ARM
          ASSERT_TRUE(forbid({__NR_epoll_wait}, EINVAL));
#endif
        } else {
          ASSERT_TRUE(forbid({__NR_epoll_pwait2}, error));
        }
        EpollBackend backend(16);
        Event event{};
        const Instant deadline = backend.now() + 300us;
        EXPECT_EQ(backend.wait({&event, 1}, deadline), 0u);
        EXPECT_GE(backend.now(), deadline);
        const SocketPair pair;
        char byte = 0;
        io_uring_prep_recv(backend.next_sqe(), pair.ours.get(), &byte, 1, 0);
        ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 100us), 0u);
        ASSERT_EQ(::write(pair.peer.get(), "x", 1), 1);
        ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
        EXPECT_EQ(event.result, 1);
      });
    }
  }
}

// Accepts one connection; the caller decides whether memory is shared.
struct SharingPair {
  explicit SharingPair(EpollBackend& backend)
      : listener({ListenAddress::Family::tcp4, "127.0.0.1", 0}, 1, {}),
        peers(connect_many(listener, 1)) {
    io_uring_prep_multishot_accept(backend.next_sqe(), listener.fd(0), nullptr, nullptr,
                                   SOCK_CLOEXEC);
    Event event{};
    EXPECT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
    accepted = Fd(event.result);
  }
  const Listener listener;
  std::vector<Fd> peers;
  Fd accepted;
};

// Proves that the memory was not copied: bytes written to it after the send arrive.
TEST(EpollBackendTest, SendsSharedMemoryAsPages) {
  for (const bool shares : {false, true}) {
    EpollBackend backend(16);
    const SharedMemory memory(1 << 16);
    ASSERT_GE(memory.fd(), 0);
    if (shares) backend.share_memory(memory.bytes(), memory.fd());
    const SharingPair pair(backend);
    const int fd = pair.accepted.get();
    EXPECT_EQ((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, shares);
    constexpr size_t kSize = 20'000;
    std::memset(memory.bytes().data(), 'a', kSize);
    io_uring_prep_send(backend.next_sqe(), fd, memory.bytes().data(), kSize, MSG_NOSIGNAL);
    Event event{};
    ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
    ASSERT_EQ(event.result, static_cast<int>(kSize));
    std::memset(memory.bytes().data(), 'b', kSize);
    std::string received(kSize, '\0');
    ASSERT_EQ(::recv(pair.peers[0].get(), received.data(), kSize, MSG_WAITALL),
              static_cast<ssize_t>(kSize));
    EXPECT_EQ(received, std::string(kSize, shares ? 'b' : 'a'));
  }
}

// sendfile(2) would block on a socket in blocking mode, and with it the whole shard.
TEST(EpollBackendTest, NeverBlocksOnForeignSockets) {
  EpollBackend backend(16);
  const SharedMemory memory(1 << 20);
  backend.share_memory(memory.bytes(), memory.fd());
  const SocketPair pair;
  size_t sent = 0;
  for (;;) {
    io_uring_prep_send(backend.next_sqe(), pair.ours.get(), memory.bytes().data(), 1 << 20,
                       MSG_NOSIGNAL);
    Event event{};
    if (backend.wait({&event, 1}, Instant::min()) == 0) break;
    ASSERT_GT(event.result, 0);
    sent += static_cast<size_t>(event.result);
  }
  EXPECT_GT(sent, 0u);
}

// sendfile(2) has no MSG_NOSIGNAL.
TEST(EpollBackendTest, DisconnectedPeerRaisesNoSignal) {
  in_child([] {
    std::signal(SIGPIPE, SIG_DFL);
    EpollBackend backend(16);
    const SharedMemory memory(1 << 20);
    backend.share_memory(memory.bytes(), memory.fd());
    SharingPair pair(backend);
    const linger reset{1, 0};
    ASSERT_EQ(::setsockopt(pair.peers[0].get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    pair.peers.clear();
    for (const int error : {ECONNRESET, EPIPE}) {
      io_uring_prep_send(backend.next_sqe(), pair.accepted.get(), memory.bytes().data(), 1 << 20,
                         MSG_NOSIGNAL);
      Event event{};
      ASSERT_EQ(backend.wait({&event, 1}, backend.now() + 10s), 1u);
      EXPECT_EQ(event.result, -error);
    }
  });
}

TEST(EpollBackendTest, KeepsSocketsInBlockingMode) {
  EpollBackend backend(16);
  const SocketPair pair;
  char byte = 0;
  io_uring_prep_recv(backend.next_sqe(), pair.ours.get(), &byte, 1, 0);
  Event event{};
  ASSERT_EQ(backend.wait({&event, 1}, Instant::min()), 0u);
  EXPECT_EQ(::fcntl(pair.ours.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(EpollBackendDeathTest, ClosingUnderAWaitingRequestAborts) {
  EpollBackend backend(16);
  const SocketPair pair;
  char byte = 0;
  io_uring_prep_recv(backend.next_sqe(), pair.ours.get(), &byte, 1, 0);
  io_uring_prep_close(backend.next_sqe(), pair.ours.get());
  Event event{};
  EXPECT_DEATH(backend.wait({&event, 1}, Instant::min()), "CHECK");
}

}  // namespace
}  // namespace fanlight
