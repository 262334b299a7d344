// SPDX-License-Identifier: Apache-2.0
#include "tests/io/kernel_world.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"

namespace fanlight {
namespace {

// Scenarios touch only what they send: a few MB each.
constexpr size_t kMemorySize = 256 << 20;

class KernelPeer final : public ContractPeer {
 public:
  KernelPeer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    CHECK(bool(fd_));
    const int size = 32 << 10;
    CHECK(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0);
  }

  void connect(int listener) override {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::getsockname(listener, generic, &size) == 0);
    CHECK(::connect(fd_.get(), generic, size) == 0);
  }

  void send(std::string_view bytes) override {
    CHECK(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
  }

  std::string receive(size_t size_max) override {
    std::string bytes(std::min<size_t>(size_max, 64 << 10), '\0');
    const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }

  bool at_end() override {
    char byte = 0;
    return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  void close() override { fd_.reset(); }

  void reset() override {
    const linger now{1, 0};
    CHECK(::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    fd_.reset();
  }

 private:
  Fd fd_;
};

}  // namespace

KernelWorld::KernelWorld(Backend& backend, bool shares) : backend_(backend), memory_(kMemorySize) {
  if (shares) {
    CHECK(memory_.fd() >= 0);
    backend_.share_memory(memory_.bytes(), memory_.fd());
  }
  rlimit limit{};
  CHECK(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  CHECK(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

KernelWorld::~KernelWorld() {
  size_t closing = 0;
  for (const int fd : made_) {
    if (!is_open(fd)) continue;
    io_uring_prep_close(backend_.next_sqe(), fd);
    ++closing;
  }
  while (closing > 0) {
    Event event{};
    CHECK(backend_.wait({&event, 1}, backend_.now() + 10s) == 1);
    EXPECT_EQ(event.result, 0);
    --closing;
  }
}

int KernelWorld::listen() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int size = 32 << 10;
  CHECK(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
  CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(::listen(fd, 4096) == 0);
  made_.push_back(fd);
  return fd;
}

std::unique_ptr<ContractPeer> KernelWorld::make_peer() {
  return std::make_unique<KernelPeer>();
}

int KernelWorld::make_eventfd() {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  CHECK(fd >= 0);
  made_.push_back(fd);
  return fd;
}

void KernelWorld::wake(int eventfd) {
  const uint64_t one = 1;
  CHECK(::write(eventfd, &one, sizeof one) == sizeof one);
}

std::span<char> KernelWorld::memory(size_t size) {
  CHECK(size <= memory_.bytes().size() - memory_used_);
  auto* begin = reinterpret_cast<char*>(memory_.bytes().data()) + memory_used_;
  memory_used_ += size;
  return {begin, size};
}

void KernelWorld::exhaust_descriptors() {
  for (;;) {
    Fd fd(::eventfd(0, EFD_CLOEXEC));
    if (!fd) break;
    ballast_.push_back(std::move(fd));
  }
  CHECK(errno == EMFILE);
}

bool KernelWorld::is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

}  // namespace fanlight
