// SPDX-License-Identifier: Apache-2.0
// The execution of one request; EpollBackend handles requests that must wait.
#include "io/epoll_request.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "core/fd.h"
#include "core/shared_memory.h"

namespace fanlight {
namespace {

constexpr size_t kMemorySize = 1 << 20;

// A socket in non-blocking mode, its peer, and memory to share. A page sent is not copied, so a
// byte written after the send shows whether the page or a copy was sent.
class EpollRequestTest : public ::testing::Test {
 protected:
  EpollRequestTest() : memory_(kMemorySize) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    ours_ = Fd(fds[0]);
    peer_ = Fd(fds[1]);
    EXPECT_GE(memory_.fd(), 0);
    shared_.add(memory_.bytes(), memory_.fd());
    std::signal(SIGPIPE, SIG_IGN);
  }

  char* memory() { return reinterpret_cast<char*>(memory_.bytes().data()); }

  int send(const char* bytes, size_t size, const SharedRegions* shared) {
    io_uring_sqe sqe{};
    io_uring_prep_send(&sqe, ours_.get(), bytes, size, MSG_NOSIGNAL);
    return attempt(ours_.get(), EpollRequest::from(sqe), shared);
  }
  int send_message(std::span<iovec> pieces) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    io_uring_sqe sqe{};
    io_uring_prep_sendmsg(&sqe, ours_.get(), &message, MSG_NOSIGNAL);
    return attempt(ours_.get(), EpollRequest::from(sqe), &shared_);
  }
  // The bytes that the peer gets if `size` bytes were sent as 'a' and are 'b' by then.
  std::string receive_after_rewrite(size_t size) {
    std::fill_n(memory(), size, 'b');
    std::string bytes(size, '\0');
    EXPECT_EQ(::recv(peer_.get(), bytes.data(), size, 0), static_cast<ssize_t>(size));
    return bytes;
  }

  SharedMemory memory_;
  SharedRegions shared_;
  Fd ours_, peer_;
};

TEST_F(EpollRequestTest, LargeSendFromSharedMemorySendsPages) {
  for (const size_t size : {kSendfileBytesMin - 1, kSendfileBytesMin}) {
    std::fill_n(memory(), size, 'a');
    ASSERT_EQ(send(memory(), size, &shared_), static_cast<int>(size));
    const bool pages = size >= kSendfileBytesMin;
    EXPECT_EQ(receive_after_rewrite(size), std::string(size, pages ? 'b' : 'a'));
  }
}

TEST_F(EpollRequestTest, CopiesMemoryThatIsNotShared) {
  std::fill_n(memory(), kSendfileBytesMin, 'a');
  ASSERT_EQ(send(memory(), kSendfileBytesMin, nullptr), static_cast<int>(kSendfileBytesMin));
  EXPECT_EQ(receive_after_rewrite(kSendfileBytesMin), std::string(kSendfileBytesMin, 'a'));
}

TEST_F(EpollRequestTest, FirstPieceOfAMessageIsSentAsPagesAndTheRestFollows) {
  std::fill_n(memory(), kSendfileBytesMin, 'a');
  std::string tail = "tail", end = "end";
  iovec pieces[] = {{memory(), kSendfileBytesMin}, {tail.data(), 4}, {end.data(), 3}};
  ASSERT_EQ(send_message(pieces), static_cast<int>(kSendfileBytesMin + 7));
  EXPECT_EQ(receive_after_rewrite(kSendfileBytesMin), std::string(kSendfileBytesMin, 'b'));
  EXPECT_EQ(receive_after_rewrite(7), "tailend");
}

TEST_F(EpollRequestTest, FullSocketAcceptsAPartThenNothing) {
  const int sent = send(memory(), kMemorySize, &shared_);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, static_cast<int>(kMemorySize));
  EXPECT_EQ(send(memory(), kMemorySize, &shared_), -EAGAIN);
  iovec piece{memory(), kMemorySize};
  EXPECT_EQ(send_message({&piece, 1}), -EAGAIN);
}

TEST_F(EpollRequestTest, DisconnectedPeerIsAnError) {
  peer_.reset();
  EXPECT_EQ(send(memory(), kMemorySize, &shared_), -EPIPE);
  iovec piece{memory(), kMemorySize};
  EXPECT_EQ(send_message({&piece, 1}), -EPIPE);
}

TEST_F(EpollRequestTest, WaitsForTheMatchingEvents) {
  io_uring_sqe sqe{};
  io_uring_prep_send(&sqe, 1, nullptr, 0, 0);
  EXPECT_EQ(EpollRequest::from(sqe).wanted(), uint32_t{EPOLLOUT});
  sqe = {};
  io_uring_prep_recv(&sqe, 1, nullptr, 0, 0);
  EXPECT_EQ(EpollRequest::from(sqe).wanted(), uint32_t{EPOLLIN});
  sqe = {};
  io_uring_prep_poll_add(&sqe, 1, EPOLLPRI);
  EXPECT_EQ(EpollRequest::from(sqe).wanted(), uint32_t{EPOLLPRI | EPOLLRDHUP});
}

TEST_F(EpollRequestTest, ZeroIsNoRequest) {
  EXPECT_FALSE(EpollRequest{});
  io_uring_sqe sqe{};
  io_uring_prep_accept(&sqe, 1, nullptr, nullptr, 0);
  EXPECT_TRUE(EpollRequest::from(sqe));
}

}  // namespace
}  // namespace fanlight
