// SPDX-License-Identifier: Apache-2.0
#include "sandbox/landlock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "core/fd.h"
#include "tests/sandbox/confined_child.h"

namespace fanlight {
namespace {

class LandlockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() < 0) GTEST_SKIP() << "this kernel has no Landlock, or it is turned off";
  }

  // What `attempt` returns within the sandbox; `version`: that of an older kernel.
  int attempt(const std::function<int()>& attempt, int version = 1000) const {
    return in_child([&] {
      set_no_new_privileges();
      confine_files(files_, std::min(version, landlock_version()));
      return attempt();
    });
  }

  // Whether this kernel confines what came with a version.
  static bool has(int version) { return landlock_version() >= version; }

  Folder folder_;
  SandboxFiles files_;
};

TEST_F(LandlockTest, OpensNoOtherFile) {
  files_.read(folder_.folder("in"));
  folder_.file("in/a");
  const std::string outside = folder_.file("outside");
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("in/a"), O_RDONLY); }), 0);
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("in"), O_RDONLY | O_DIRECTORY); }), 0);
  EXPECT_EQ(attempt([&] { return try_open(outside, O_RDONLY); }), EACCES);
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("in/../outside"), O_RDONLY); }), EACCES);
  EXPECT_EQ(attempt([&] { return try_open("/etc/shadow", O_RDONLY); }), EACCES);
  EXPECT_EQ(attempt([&] { return try_open("/", O_RDONLY | O_DIRECTORY); }), EACCES);
}

TEST_F(LandlockTest, WritesNoFileThatMayBeRead) {
  files_.read(folder_.path());
  const std::string file = folder_.file("a");
  EXPECT_EQ(attempt([&] { return try_open(file, O_WRONLY); }), EACCES);
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("new"), O_WRONLY | O_CREAT); }), EACCES);
  EXPECT_EQ(attempt([&] { return error_of(::unlink(file.c_str())); }), EACCES);
  EXPECT_EQ(attempt([&] { return error_of(::mkdir(folder_.path("d").c_str(), 0700)); }), EACCES);
  EXPECT_EQ(attempt([&] { return error_of(::symlink("/etc", folder_.path("link").c_str())); }),
            EACCES);
  EXPECT_EQ(
      attempt([&] { return error_of(::mknod(folder_.path("fifo").c_str(), S_IFIFO | 0600, 0)); }),
      EACCES);
  if (has(3)) {
    EXPECT_EQ(attempt([&] { return error_of(::truncate(file.c_str(), 0)); }), EACCES);
  }
}

TEST_F(LandlockTest, FollowsNoLinkOutside) {
  files_.read(folder_.folder("in"));
  folder_.file("outside");
  ASSERT_EQ(::symlink("../outside", folder_.path("in/link").c_str()), 0);
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("in/link"), O_RDONLY); }), EACCES);
  EXPECT_EQ(
      attempt([&] {
        return error_of(::link(folder_.path("outside").c_str(), folder_.path("in/hard").c_str()));
      }),
      EACCES);
}

TEST_F(LandlockTest, ALogIsCreatedAndWrittenButNotRead) {
  files_.append(folder_.path("access.log"));
  EXPECT_EQ(
      attempt([&] { return try_open(folder_.path("access.log"), O_WRONLY | O_APPEND | O_CREAT); }),
      0);
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("access.log"), O_RDONLY); }), EACCES);
  EXPECT_EQ(attempt([&] { return error_of(::unlink(folder_.path("access.log").c_str())); }),
            EACCES);
}

TEST_F(LandlockTest, ADatabasesJournalsAreMadeAndRemoved) {
  files_.keep(folder_.file("stock.db"));
  EXPECT_EQ(attempt([&] {
              const std::string journal = folder_.path("stock.db-journal");
              if (const int error = try_open(journal, O_RDWR | O_CREAT)) return error;
              if (::truncate(journal.c_str(), 0) != 0) return errno;
              return error_of(::unlink(journal.c_str()));
            }),
            0);
  EXPECT_EQ(attempt([&] { return error_of(::mkdir(folder_.path("d").c_str(), 0700)); }), EACCES);
}

TEST_F(LandlockTest, ASocketIsRemoved) {
  files_.remove(folder_.file("http.sock"));
  EXPECT_EQ(attempt([&] { return try_open(folder_.path("http.sock"), O_RDONLY); }), EACCES);
  EXPECT_EQ(attempt([&] { return error_of(::unlink(folder_.path("http.sock").c_str())); }), 0);
}

TEST_F(LandlockTest, ExecutesNothing) {
  files_.read("/");
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  EXPECT_EQ(attempt([&] { return error_of(::execv("/bin/true", arguments)); }), EACCES);
}

// pty(7): a device that every user may open.
TEST_F(LandlockTest, OnlyDevicesTakeIoctl) {
  if (!has(5)) GTEST_SKIP() << "Landlock 5 confines ioctl on devices";
  const auto lock = [] {
    const Fd terminal(::open("/dev/ptmx", O_RDWR | O_CLOEXEC | O_NOCTTY));
    int locked = 0;
    return terminal ? error_of(::ioctl(terminal.get(), TIOCSPTLCK, &locked)) : -1;
  };
  SandboxFiles devices;
  devices.devices("/dev");
  files_ = devices;
  EXPECT_EQ(attempt(lock), 0);
  SandboxFiles kept;
  kept.keep("/dev/ptmx");
  files_ = kept;
  EXPECT_EQ(attempt(lock), EACCES);
}

TEST_F(LandlockTest, AFolderThatAppearsLaterIsBelowWhatExisted) {
  files_.read_when_there(folder_.path("later"));
  EXPECT_EQ(in_child([&] {
              int begin[2];
              if (::pipe(begin) != 0) return -1;
              const pid_t outside = ::fork();
              if (outside == 0) {
                char byte = 0;
                const bool told = ::read(begin[0], &byte, 1) == 1;
                folder_.folder("later");
                folder_.file("later/a");
                ::_exit(told ? 0 : 1);
              }
              set_no_new_privileges();
              confine_files(files_, landlock_version());
              if (::write(begin[1], "x", 1) != 1 || ::waitpid(outside, nullptr, 0) != outside) {
                return -2;
              }
              return try_open(folder_.path("later/a"), O_RDONLY);
            }),
            0);
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int try_bind() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(0);
  return error_of(
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

// Port 1 (tcpmux) of this machine, where nothing listens.
int try_connect() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(1);
  return error_of(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

TEST_F(LandlockTest, BindsNoPortAndConnectsToNone) {
  if (!has(4)) GTEST_SKIP() << "Landlock 4 confines ports";
  EXPECT_EQ(attempt(try_bind), EACCES);
  EXPECT_EQ(attempt(try_connect), EACCES);
  files_.allow_connections();
  EXPECT_EQ(attempt(try_bind), EACCES);
  EXPECT_EQ(attempt(try_connect), ECONNREFUSED);
}

TEST_F(LandlockTest, TracesAndSignalsNoProcessOutside) {
  const pid_t parent = ::getpid();
  EXPECT_EQ(attempt([&] { return error_of(::ptrace(PTRACE_SEIZE, parent, nullptr, nullptr)); }),
            EPERM);
  const std::string memory = "/proc/" + std::to_string(parent) + "/mem";
  files_.read("/proc");
  EXPECT_EQ(attempt([&] { return try_open(memory, O_RDONLY); }), EACCES);
  if (has(6)) {
    EXPECT_EQ(attempt([&] { return error_of(::kill(parent, 0)); }), EPERM);
  }
}

TEST_F(LandlockTest, ConnectsToNoAbstractSocketOutside) {
  if (!has(6)) GTEST_SKIP() << "Landlock 6 confines abstract sockets";
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), generic, sizeof address.sun_family), 0);  // unix(7), autobind
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener.get(), generic, &size), 0);
  EXPECT_EQ(attempt([&] {
              const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
              return error_of(::connect(socket.get(), generic, size));
            }),
            EPERM);
}

TEST_F(LandlockTest, MountsNothing) {
  files_.read("/");
  EXPECT_EQ(attempt([&] {
              return error_of(::mount("none", folder_.path().c_str(), "tmpfs", 0, nullptr));
            }),
            EPERM);
}

TEST_F(LandlockTest, WhatIsOpenStaysUsable) {
  const Fd file(::open(folder_.file("a").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(attempt([&] {
              char byte = 0;
              if (::read(file.get(), &byte, 1) != 1) return errno;
              return error_of(::write(file.get(), &byte, 1));
            }),
            0);
}

// Every older kernel: what it has still works.
TEST_F(LandlockTest, EachVersionConfinesFiles) {
  files_.read(folder_.folder("in"));
  const std::string outside = folder_.file("outside");
  for (int version = 1; version <= std::min(landlock_version(), 6); ++version) {
    EXPECT_EQ(attempt([&] { return try_open(outside, O_RDONLY); }, version), EACCES) << version;
    EXPECT_EQ(attempt([&] { return try_open(folder_.path("in"), O_RDONLY); }, version), 0);
    const int bound = attempt(try_bind, version);
    EXPECT_EQ(bound, version >= 4 ? EACCES : 0) << version;
  }
}

// Root may do without (landlock_restrict_self(2)).
TEST_F(LandlockTest, NeedsNoNewPrivileges) {
  EXPECT_EQ(in_child([&] {
              if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return -1;
              confine_files(files_, landlock_version());
              return 0;
            }),
            kThrew);
}

TEST(Landlock, StatesWhatAVersionLacks) {
  EXPECT_EQ(missing_in_landlock(1),
            "cutting of files, TCP ports, ioctl on devices, abstract UNIX sockets, signals");
  EXPECT_EQ(missing_in_landlock(3), "TCP ports, ioctl on devices, abstract UNIX sockets, signals");
  EXPECT_EQ(missing_in_landlock(4), "ioctl on devices, abstract UNIX sockets, signals");
  EXPECT_EQ(missing_in_landlock(5), "abstract UNIX sockets, signals");
  EXPECT_EQ(missing_in_landlock(6), "");
  EXPECT_EQ(missing_in_landlock(7), "");
}

}  // namespace
}  // namespace fanlight
