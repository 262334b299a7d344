// SPDX-License-Identifier: Apache-2.0
#include "io/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/io/child_process.h"

namespace fanlight {
namespace {

Listener listen_on(const std::string& text, unsigned shards = 1, const SocketTuning& tuning = {}) {
  return Listener(parse_listen_address(text), shards, tuning);
}

// The errno with which creating a listener fails; 0 if it succeeds.
int failure(const std::string& text, unsigned shards = 1) {
  try {
    const Listener listener = listen_on(text, shards);
    return 0;
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot listen on "), std::string::npos);
    EXPECT_EQ(error.code().category(), std::system_category());
    return error.code().value();
  }
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

// A connection to the address of `listener`.
Fd connect_to(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::getsockname(listener, generic, &size), 0);
  Fd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(fd.get(), generic, size), 0) << std::strerror(errno);
  return fd;
}

bool is_readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

// A socket of "another program": bound to 127.0.0.1, listening, with SO_REUSEPORT if wanted.
Fd foreign_listener(bool reuse_port, int* port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  if (reuse_port) {
    EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(fd.get(), generic, size), 0);
  EXPECT_EQ(::listen(fd.get(), 16), 0);
  EXPECT_EQ(::getsockname(fd.get(), generic, &size), 0);
  *port = ntohs(address.sin_port);
  return fd;
}

// A new directory, removed together with the files that the tests leave in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/fanlight_listener_XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    ::unlink(file().c_str());
    ::rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }
  std::string file() const { return path_ + "/socket"; }
  bool has_file() const { return ::access(file().c_str(), F_OK) == 0; }

 private:
  std::string path_;
};

TEST(ListenerTest, ShardsShareOnePortChosenByTheKernel) {
  const Listener listener = listen_on("127.0.0.1:0", 4);
  EXPECT_GT(listener.port(), 0);
  EXPECT_EQ(listener.url(), "http://127.0.0.1:" + std::to_string(listener.port()) + "/");
  EXPECT_TRUE(listener.is_local());
  std::set<int> fds;
  for (unsigned shard = 0; shard < 4; ++shard) {
    const int fd = listener.fd(shard);
    EXPECT_TRUE(fds.insert(fd).second);
    EXPECT_EQ(option(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
    EXPECT_EQ(option(fd, SOL_SOCKET, SO_REUSEPORT), 1);
    EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(ntohs(address.sin_port), listener.port());
  }
}

// The kernel chooses by a hash of the addresses; the probability that one of two shards gets none
// of 200 connections is 2^-199.
TEST(ListenerTest, EveryShardGetsConnections) {
  const Listener listener = listen_on("127.0.0.1:0", 2);
  std::vector<Fd> peers;
  for (int i = 0; i < 200; ++i) peers.push_back(connect_to(listener.fd(0)));
  EXPECT_TRUE(is_readable(listener.fd(0)));
  EXPECT_TRUE(is_readable(listener.fd(1)));
}

TEST(ListenerTest, OneShardDoesNotShareItsPort) {
  const Listener listener = listen_on("127.0.0.1:0");
  EXPECT_EQ(option(listener.fd(0), SOL_SOCKET, SO_REUSEPORT), 0);
}

TEST(ListenerTest, PortInUseIsAnError) {
  for (const bool reuse_port : {false, true}) {
    int port = 0;
    const Fd foreign = foreign_listener(reuse_port, &port);
    for (const unsigned shards : {1u, 3u}) {
      EXPECT_EQ(failure("127.0.0.1:" + std::to_string(port), shards), EADDRINUSE);
      EXPECT_EQ(failure("*:" + std::to_string(port), shards), EADDRINUSE);
    }
  }
}

TEST(ListenerTest, SecondServerIsRefused) {
  for (const unsigned shards : {1u, 2u}) {
    const Listener first = listen_on("127.0.0.1:0", shards);
    EXPECT_EQ(failure("127.0.0.1:" + std::to_string(first.port()), 2), EADDRINUSE);
  }
}

// Listens, and leaves a connection in TIME_WAIT. Returns the port.
int listen_and_leave() {
  const Listener former = listen_on("127.0.0.1:0", 2);
  const Fd peer = connect_to(former.fd(0));
  const unsigned shard = is_readable(former.fd(0)) ? 0 : 1;
  Fd accepted(::accept(former.fd(shard), nullptr, nullptr));
  EXPECT_TRUE(accepted);
  accepted.reset();  // the side that closes first is in TIME_WAIT
  char byte = 0;
  EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), 0);
  return former.port();
}

// TIME_WAIT lasts a minute.
TEST(ListenerTest, PortIsFreeAfterARestart) {
  bool free = false;
  // Another program may take the port in between by chance, but not every time.
  for (int attempt = 0; attempt < 20 && !free; ++attempt) {
    free = failure("127.0.0.1:" + std::to_string(listen_and_leave()), 2) == 0;
  }
  EXPECT_TRUE(free);
}

TEST(ListenerTest, AcceptedSocketsInheritTheTuning) {
  SocketTuning tuning;
  tuning.unsent_bytes_max = 12345;
  tuning.send_buffer = 40'000;
  const Listener listener = listen_on("127.0.0.1:0", 2, tuning);
  const Fd peer = connect_to(listener.fd(0));
  const unsigned shard = is_readable(listener.fd(0)) ? 0 : 1;
  const Fd accepted(::accept(listener.fd(shard), nullptr, nullptr));
  ASSERT_TRUE(accepted);
  EXPECT_EQ(option(accepted.get(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(accepted.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT), 12345);
  EXPECT_EQ(option(accepted.get(), SOL_SOCKET, SO_SNDBUF), 80'000);
}

TEST(ListenerTest, WildcardIsNotLocal) {
  const Listener listener = listen_on("*:0");
  EXPECT_FALSE(listener.is_local());
  EXPECT_EQ(listener.url(), "http://0.0.0.0:" + std::to_string(listener.port()) + "/");
  EXPECT_TRUE(listen_on("127.1.2.3:0").is_local());
}

TEST(ListenerTest, AddressOfAnotherMachineIsAnError) {
  EXPECT_EQ(failure("192.0.2.1:0"), EADDRNOTAVAIL);  // TEST-NET-1, RFC 5737
}

bool has_ipv6() {
  return failure("[::1]:0") == 0;
}

TEST(ListenerTest, Ipv6IsInBrackets) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  const Listener listener = listen_on("[::1]:0", 2);
  EXPECT_EQ(listener.url(), "http://[::1]:" + std::to_string(listener.port()) + "/");
  EXPECT_TRUE(listener.is_local());
  EXPECT_FALSE(listen_on("[::]:0").is_local());
}

TEST(ListenerTest, Ipv6DoesNotTakeIpv4) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  bool both = false;
  // The port that is free for IPv6 may by chance be in use for IPv4, but not every time.
  for (int attempt = 0; attempt < 20 && !both; ++attempt) {
    const Listener v6 = listen_on("[::]:0", 2);
    EXPECT_EQ(option(v6.fd(0), IPPROTO_IPV6, IPV6_V6ONLY), 1);
    both = failure("*:" + std::to_string(v6.port()), 2) == 0;
  }
  EXPECT_TRUE(both);
}

TEST(ListenerTest, UnixSocketIsSharedAndRemoved) {
  const TemporaryDirectory directory;
  {
    const Listener listener = listen_on("unix:" + directory.file(), 4);
    EXPECT_EQ(listener.url(), "unix:" + directory.file());
    EXPECT_TRUE(listener.is_local());
    EXPECT_EQ(listener.port(), 0);
    EXPECT_EQ(listener.fd(0), listener.fd(3));
    EXPECT_EQ(::fcntl(listener.fd(0), F_GETFD), FD_CLOEXEC);
    const Fd peer = connect_to(listener.fd(0));
    EXPECT_TRUE(is_readable(listener.fd(0)));
    EXPECT_EQ(failure("unix:" + directory.file()), EADDRINUSE);
    EXPECT_TRUE(directory.has_file()) << "the refused one left it alone";
  }
  EXPECT_FALSE(directory.has_file());
}

TEST(ListenerTest, StaleUnixSocketIsReplaced) {
  const TemporaryDirectory directory;
  {
    const Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    directory.file().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(directory.has_file());
  const Listener listener = listen_on("unix:" + directory.file());
  connect_to(listener.fd(0));
  EXPECT_TRUE(is_readable(listener.fd(0)));
}

TEST(ListenerTest, OtherFileIsNotReplaced) {
  const TemporaryDirectory directory;
  std::ofstream(directory.file()) << "precious";
  EXPECT_EQ(failure("unix:" + directory.file()), EADDRINUSE);
  std::string text;
  std::ifstream(directory.file()) >> text;
  EXPECT_EQ(text, "precious");
}

TEST(ListenerTest, UnixSocketInAMissingDirectoryIsAnError) {
  EXPECT_EQ(failure("unix:/nonexistent/fanlight/socket"), ENOENT);
}

TEST(ListenerTest, MovedListenerKeepsItsSocket) {
  const TemporaryDirectory directory;
  Listener first = listen_on("unix:" + directory.file());
  {
    Listener second = std::move(first);
    EXPECT_TRUE(directory.has_file());
    connect_to(second.fd(0));
    second = listen_on("127.0.0.1:0");
    EXPECT_GT(second.port(), 0);
  }
  EXPECT_FALSE(directory.has_file());
}

TEST(ListenerTest, AdoptsAnInheritedDescriptor) {
  int port = 0;
  Fd foreign = foreign_listener(false, &port);
  const int fd = foreign.get();
  ASSERT_EQ(::fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  ASSERT_EQ(::fcntl(fd, F_SETFD, 0), 0);
  Listener listener(std::move(foreign), {});
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0) << "another process may still use it";
  listener.possess();
  EXPECT_EQ(listener.fd(0), fd);
  EXPECT_EQ(listener.fd(7), fd);
  EXPECT_EQ(listener.fds(7, 8), std::vector<int>{fd});
  EXPECT_EQ(listener.port(), port);
  EXPECT_EQ(listener.url(), "http://127.0.0.1:" + std::to_string(port) + "/");
  EXPECT_TRUE(listener.is_local());
  EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST(ListenerTest, InheritedUnixSocketIsNotRemoved) {
  const TemporaryDirectory directory;
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  directory.file().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd.get(), 16), 0);
  { EXPECT_EQ(Listener(std::move(fd), {}).url(), "unix:" + directory.file()); }
  EXPECT_TRUE(directory.has_file());
}

TEST(ListenerTest, InheritsOnlyListeningStreamSockets) {
  const auto refused = [](Fd fd) {
    try {
      const Listener listener(std::move(fd), {});
      return 0;
    } catch (const std::system_error& error) {
      return error.code().value();
    }
  };
  EXPECT_EQ(refused(Fd(::socket(AF_INET, SOCK_STREAM, 0))), EINVAL);
  EXPECT_EQ(refused(Fd(::socket(AF_INET, SOCK_DGRAM, 0))), EPROTOTYPE);
  EXPECT_EQ(refused(Fd(::open("/dev/null", O_RDONLY))), ENOTSOCK);
  EXPECT_EQ(refused(Fd()), EBADF);
}

// The first port that requires no privilege (ip(7)); 0 in many containers.
int first_unprivileged_port() {
  int port = 1024;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> port;
  return port;
}

TEST(ListenerTest, OrdinaryUserGetsPermissionErrors) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0500), 0);
  in_child([&] {
    ASSERT_TRUE(become_ordinary_user());
    EXPECT_EQ(failure("unix:" + directory.file()), EACCES);
    if (first_unprivileged_port() > 80) {
      EXPECT_EQ(failure("127.0.0.1:80"), EACCES);
      EXPECT_EQ(failure("*:80", 2), EACCES);
    }
    int port = 0;
    const Fd foreign = foreign_listener(true, &port);
    EXPECT_EQ(failure("127.0.0.1:" + std::to_string(port), 2), EADDRINUSE);
    EXPECT_EQ(failure("127.0.0.1:0", 2), 0);
  });
}

}  // namespace
}  // namespace fanlight
