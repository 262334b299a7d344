// SPDX-License-Identifier: Apache-2.0
// What the epoll backend forgets of a socket that another process has, too.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/fd.h"
#include "io/epoll_backend.h"

namespace fanlight {
namespace {

// How many descriptors all epoll sets of this process watch (proc(5)).
size_t watched_descriptors() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) count += line.starts_with("tfd:");
  }
  return count;
}

// Epoll would go on watching a socket that another process has, too.
TEST(EpollDetach, DetachedDescriptorsAreNotWatchedAnyMore) {
  EpollBackend backend(16);
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const int fd = fds[0];
  const Fd peer(fds[1]);
  const Fd of_another_process(::dup(fd));
  io_uring_sqe* poll = backend.next_sqe();
  io_uring_prep_poll_add(poll, fd, POLLIN);
  poll->user_data = 1;
  std::array<Event, 16> events;
  ASSERT_EQ(backend.wait(events, Instant::min()), 0u);
  const size_t before = watched_descriptors();
  ASSERT_EQ(::send(peer.get(), "x", 1, 0), 1);
  ASSERT_EQ(backend.wait(events, kNever), 1u);
  backend.detach(fd);
  io_uring_prep_close(backend.next_sqe(), fd);
  EXPECT_EQ(backend.wait(events, Instant::min()), 1u);
  EXPECT_EQ(watched_descriptors(), before - 1);
  char byte = 0;
  EXPECT_EQ(::recv(of_another_process.get(), &byte, 1, 0), 1) << "its connection is open";
}

}  // namespace
}  // namespace fanlight
