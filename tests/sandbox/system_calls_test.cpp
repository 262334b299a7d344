// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_calls.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "core/fd.h"
#include "tests/sandbox/confined_child.h"

namespace fanlight {
namespace {

constexpr int kSetUpRing = 425;  // io_uring_setup(2)
constexpr int kClone3 = 435;

class SystemCallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (seccomp_error() != 0) GTEST_SKIP() << "this kernel has no seccomp, or it is forbidden";
  }

  // What `attempt` returns with the filter in force.
  static int attempt(const std::function<int()>& attempt) {
    return in_child([&] {
      set_no_new_privileges();
      confine_system_calls();
      return attempt();
    });
  }

  // The errno of a call with these arguments.
  template <class... Arguments>
  static int call(long number, Arguments... arguments) {
    return attempt([&] { return error_of(::syscall(number, arguments...)); });
  }
};

TEST_F(SystemCallsTest, StartsNoProgramAndNoProcess) {
  EXPECT_EQ(attempt([] {
              char name[] = "true";
              char* arguments[] = {name, nullptr};
              return error_of(::execv("/bin/true", arguments));
            }),
            EPERM);
  EXPECT_EQ(call(SYS_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0), EPERM);
  EXPECT_EQ(attempt([] { return error_of(::fork()); }), EPERM);
  EXPECT_EQ(call(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM);
  EXPECT_EQ(call(SYS_unshare, CLONE_NEWUSER), EPERM);
  EXPECT_EQ(call(SYS_setns, 0, 0), EPERM);
}

TEST_F(SystemCallsTest, ReachesNoOtherProcess) {
  const pid_t parent = ::getpid();
  EXPECT_EQ(attempt([&] { return error_of(::ptrace(PTRACE_SEIZE, parent, nullptr, nullptr)); }),
            EPERM);
  EXPECT_EQ(call(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0), EPERM);
  EXPECT_EQ(call(SYS_kill, parent, 0), EPERM);
  EXPECT_EQ(call(SYS_tgkill, parent, parent, 0), EPERM);
  EXPECT_EQ(call(SYS_pidfd_open, parent, 0), EPERM);
  EXPECT_EQ(call(SYS_prlimit64, parent, RLIMIT_NOFILE, nullptr, nullptr), EPERM);
}

TEST_F(SystemCallsTest, ChangesNothingInTheSystem) {
  EXPECT_EQ(attempt([] { return error_of(::mount("none", "/", "tmpfs", 0, nullptr)); }), EPERM);
  EXPECT_EQ(call(SYS_umount2, "/", 0), EPERM);
  EXPECT_EQ(call(SYS_chroot, "/"), EPERM);
  EXPECT_EQ(call(SYS_bpf, 0, nullptr, 0), EPERM);
  EXPECT_EQ(call(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
  EXPECT_EQ(call(SYS_perf_event_open, nullptr, 0, 0, 0, 0), EPERM);
  EXPECT_EQ(call(SYS_init_module, nullptr, 0, ""), EPERM);
  EXPECT_EQ(call(SYS_personality, 0xffffffff), EPERM);
  EXPECT_EQ(call(SYS_userfaultfd, 0), EPERM);
  EXPECT_EQ(attempt([] { return error_of(::chmod("/", 0755)); }), EPERM);
  EXPECT_EQ(attempt([] { return error_of(::setuid(0)); }), EPERM);
  EXPECT_EQ(attempt([] { return error_of(::setgroups(0, nullptr)); }), EPERM);
}

int try_socket(int family, int type, int protocol) {
  const Fd socket(::socket(family, type | SOCK_CLOEXEC, protocol));
  return socket ? 0 : errno;
}

TEST_F(SystemCallsTest, SocketsAreIpUnixAndTwoOfNetlink) {
  for (const int family : {AF_INET, AF_UNIX}) {
    EXPECT_EQ(attempt([&] { return try_socket(family, SOCK_STREAM, 0); }), 0) << family;
  }
  for (const int protocol : {NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT}) {
    EXPECT_EQ(attempt([&] { return try_socket(AF_NETLINK, SOCK_RAW, protocol); }), 0) << protocol;
  }
  for (const int protocol : {NETLINK_NETFILTER, NETLINK_AUDIT, NETLINK_GENERIC}) {
    EXPECT_EQ(attempt([&] { return try_socket(AF_NETLINK, SOCK_RAW, protocol); }), EPERM);
  }
  for (const int family : {AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_CAN}) {
    EXPECT_EQ(attempt([&] { return try_socket(family, SOCK_RAW, 0); }), EPERM) << family;
  }
  EXPECT_EQ(attempt([] {
              const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
              return error_of(::listen(socket.get(), 1));
            }),
            EPERM);
}

TEST_F(SystemCallsTest, MemoryIsNeverWritableAndExecutable) {
  const auto map = [](int protection) {
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  EXPECT_EQ(attempt([&] { return map(PROT_READ | PROT_WRITE) == MAP_FAILED ? errno : 0; }), 0);
  EXPECT_EQ(attempt([&] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? errno : 0; }), 0);
  EXPECT_EQ(attempt([&] { return map(PROT_WRITE | PROT_EXEC) == MAP_FAILED ? errno : 0; }), EPERM);
  EXPECT_EQ(attempt([&] {
              void* memory = map(PROT_READ | PROT_WRITE);
              return error_of(::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
            }),
            EPERM);
  EXPECT_EQ(call(SYS_shmat, 0, nullptr, 0), EPERM);
}

TEST_F(SystemCallsTest, TypesIntoNoTerminal) {
  const char byte = 'x';
  EXPECT_EQ(attempt([&] { return error_of(::ioctl(0, TIOCSTI, &byte)); }), EPERM);
  EXPECT_EQ(attempt([&] { return error_of(::ioctl(0, TIOCLINUX, &byte)); }), EPERM);
  // As a 64-bit number it would be another request; the kernel cuts it to 32 bits.
  EXPECT_EQ(call(SYS_ioctl, 0, (uint64_t{1} << 32) | TIOCSTI, &byte), EPERM);
  EXPECT_EQ(attempt([] {
              int ends[2];
              int bytes = 0;
              return ::pipe(ends) != 0 ? -1 : error_of(::ioctl(ends[0], FIONREAD, &bytes));
            }),
            0);
  // Requests of V4L2 reach the device.
  EXPECT_EQ(attempt([] {
              return error_of(::ioctl(Fd(::open("/dev/null", O_RDWR)).get(), _IOR('V', 0, int)));
            }),
            ENOTTY);
}

TEST_F(SystemCallsTest, NewerCallsDoNotSeemToExist) {
  EXPECT_EQ(call(kClone3, nullptr, 0), ENOSYS);
  EXPECT_EQ(call(511), ENOSYS);
}

TEST_F(SystemCallsTest, ProcessOptionsAreLimited) {
  EXPECT_EQ(attempt([] { return error_of(::prctl(PR_SET_NAME, "name", 0, 0, 0)); }), 0);
  EXPECT_EQ(attempt([] { return error_of(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }), EPERM);
  EXPECT_EQ(attempt([] { return error_of(::prctl(PR_SET_SECCOMP, 0, 0, 0, 0)); }), EPERM);
}

#ifdef __x86_64__
TEST_F(SystemCallsTest, CallsOfAnotherArchitectureKill) {
  constexpr long kX32 = 0x40000000;
  EXPECT_EQ(call(kX32 | SYS_getpid), -SIGSYS);
}
#endif

// Threads, the resolver, plugins and files are what libraries need.
TEST_F(SystemCallsTest, LibrariesWork) {
  EXPECT_EQ(attempt([] {
              int value = 0;
              std::thread([&] { value = 1; }).join();
              return value == 1 ? 0 : 1;
            }),
            0);
  EXPECT_EQ(attempt([] {
              addrinfo* found = nullptr;
              const int error = ::getaddrinfo("localhost", "80", nullptr, &found);
              if (error == 0) ::freeaddrinfo(found);
              return error;
            }),
            0);
  EXPECT_EQ(attempt([] {
              std::ifstream file("/proc/self/status");
              return std::distance(std::istreambuf_iterator<char>(file), {}) > 100 ? 0 : 1;
            }),
            0);
  EXPECT_EQ(attempt([] { return ::raise(SIGURG); }), 0);  // ignored by default
}

TEST_F(SystemCallsTest, NoNewRingsInAnyThread) {
  EXPECT_EQ(attempt([] {
              std::promise<void> complete;
              int error = 0;
              std::thread earlier([&] {
                complete.get_future().wait();
                error = error_of(::syscall(kSetUpRing, 1, nullptr));
              });
              forbid_new_rings();
              complete.set_value();
              earlier.join();
              return error;
            }),
            EPERM);
  // Until then it is not the filter that refuses.
  EXPECT_NE(call(kSetUpRing, 0, nullptr), 0);
  EXPECT_EQ(attempt([] {
              forbid_new_rings();
              return error_of(::syscall(SYS_seccomp, 0, 0, nullptr));
            }),
            EPERM);
}

TEST_F(SystemCallsTest, NeedsNoNewPrivileges) {
  EXPECT_EQ(in_child([] {
              if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return -1;
              confine_system_calls();
              return 0;
            }),
            kThrew);
}

}  // namespace
}  // namespace fanlight
