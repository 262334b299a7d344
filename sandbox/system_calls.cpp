// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_calls.h"

#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>

#include "sandbox/system_call_list.h"

namespace fanlight {
namespace {

// The kernel's own numbers end far below; x32 has its own range from here on.
constexpr int kNumbersMax = 512;

// Calls of libseccomp return 0 or -errno.
void require(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

// Owns: a filter while it is composed.
class Filter {
 public:
  explicit Filter(uint32_t otherwise) : context_(seccomp_init(otherwise)) {
    if (!context_) throw std::system_error(ENOMEM, std::generic_category(), "seccomp_init");
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    set(SCMP_FLTATR_CTL_NNP, 0);       // it is set already
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree
    // There is no code of others in this process from which the speculation of its own would have
    // to be hidden; the mitigation, which kernels before 5.16 turn on, costs time.
    set(SCMP_FLTATR_CTL_SSB, 1);
  }

  void set(scmp_filter_attr attribute, uint32_t value) {
    require(seccomp_attr_set(context_.get(), attribute, value), "seccomp_attr_set");
  }

  // The conditions must all be true. A call that this architecture does not have is left out.
  template <class... Conditions>
  void add(uint32_t action, const char* name, Conditions... conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0) add_number(action, number, conditions...);
  }
  template <class... Conditions>
  void add_number(uint32_t action, int number, Conditions... conditions) {
    require(seccomp_rule_add(context_.get(), action, number, sizeof...(conditions), conditions...),
            "seccomp_rule_add");
  }

  void load() { require(seccomp_load(context_.get()), "seccomp_load"); }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
};

// Whether libseccomp knows a call with this number.
bool is_known(int number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
  return name != nullptr;
}

// What the C library tries first and does without. A filter of its own: what it refuses is not
// recorded.
void refuse_newer_calls() {
  Filter filter(SCMP_ACT_ALLOW);
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  int newest = kNumbersMax - 1;
  while (newest > 0 && !is_known(newest)) --newest;
  for (int number = newest + 1; number < kNumbersMax; ++number) {
    filter.add_number(SCMP_ACT_ERRNO(ENOSYS), number);
  }
  filter.load();
}

// Whether an argument, from 0, has this value (as SCMP_CMP32(), without leaving a member out).
scmp_arg_cmp equals(unsigned argument, uint32_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

// Threads, but no process, and no namespace: clone(2) has the flags in its first argument on all
// our architectures.
void allow_threads(Filter& filter) {
  filter.add(SCMP_ACT_ALLOW, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  filter.add(SCMP_ACT_ALLOW, "clone3");  // already refused by the other filter
  const auto self = static_cast<uint32_t>(::getpid());
  filter.add(SCMP_ACT_ALLOW, "tgkill", equals(0, self));
  filter.add(SCMP_ACT_ALLOW, "kill", equals(0, self));
  // getrlimit(3) and setrlimit(3) of this process.
  filter.add(SCMP_ACT_ALLOW, "prlimit64", equals(0, 0));
  filter.add(SCMP_ACT_ALLOW, "prlimit64", equals(0, self));
  for (const int option :
       {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE, PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS,
        PR_SET_NO_NEW_PRIVS, PR_CAPBSET_READ, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK}) {
    filter.add(SCMP_ACT_ALLOW, "prctl", equals(0, static_cast<uint32_t>(option)));
  }
}

// Libraries are mapped executable and not writable; nothing becomes executable later.
void allow_memory(Filter& filter) {
  for (const char* name : {"mmap", "mmap2"}) {
    filter.add(SCMP_ACT_ALLOW, name, SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    filter.add(SCMP_ACT_ALLOW, name, SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_WRITE, 0));
  }
  filter.add(SCMP_ACT_ALLOW, "mprotect", SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

void allow_sockets(Filter& filter) {
  for (const uint32_t family : {uint32_t{AF_UNIX}, uint32_t{AF_INET}, uint32_t{AF_INET6}}) {
    filter.add(SCMP_ACT_ALLOW, "socket", equals(0, family));
  }
  // Addresses of this machine, for the resolver; devices that come and go, for libcamera.
  for (const uint32_t protocol : {uint32_t{NETLINK_ROUTE}, uint32_t{NETLINK_KOBJECT_UEVENT}}) {
    filter.add(SCMP_ACT_ALLOW, "socket", equals(0, unsigned{AF_NETLINK}), equals(2, protocol));
  }
  filter.add(SCMP_ACT_ALLOW, "socketpair", equals(0, unsigned{AF_UNIX}));
}

// By the type in bits 8 to 15 of a request (ioctl(2)), and a few old ones without it. Not TIOCSTI
// and TIOCLINUX, which type into the terminal that the server was started in.
void allow_ioctl(Filter& filter) {
  constexpr char kTypes[] = {
      'V',  // Video4Linux
      '|',  // media controller
      'H',  // DMA heaps
      'u',  // udmabuf
      'b',  // DMA buffers
  };
  for (const char type : kTypes) {
    filter.add(SCMP_ACT_ALLOW, "ioctl",
               SCMP_A1_32(SCMP_CMP_MASKED_EQ, 0xff00, static_cast<scmp_datum_t>(type) << 8));
  }
  constexpr unsigned kInterfaceName = 0x8910, kInterfaceIndex = 0x8933;  // netdevice(7)
  for (const unsigned request :
       {unsigned{TCGETS}, unsigned{TIOCGWINSZ}, unsigned{FIONREAD}, unsigned{FIONBIO},
        unsigned{FIOCLEX}, kInterfaceName, kInterfaceIndex}) {
    filter.add(SCMP_ACT_ALLOW, "ioctl", equals(1, request));
  }
}

void refuse_other_calls() {
  Filter filter(SCMP_ACT_ERRNO(EPERM));
  filter.set(SCMP_FLTATR_CTL_LOG, 1);
  for (const char* name : plain_system_calls()) filter.add(SCMP_ACT_ALLOW, name);
  allow_threads(filter);
  allow_memory(filter);
  allow_sockets(filter);
  allow_ioctl(filter);
  // Numbers that the other filter refuses as unknown.
  for (int number = kNumbersMax - 1; number > 0 && !is_known(number); --number) {
    filter.add_number(SCMP_ACT_ALLOW, number);
  }
  filter.load();
}

}  // namespace

// seccomp(2): with a null pointer, a known flag is EFAULT.
int seccomp_error() noexcept {
  const long result =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, nullptr);
  return result < 0 && errno != EFAULT ? errno : 0;
}

void confine_system_calls() {
  refuse_newer_calls();
  refuse_other_calls();
}

void forbid_new_rings() {
  Filter filter(SCMP_ACT_ALLOW);
  filter.set(SCMP_FLTATR_CTL_TSYNC, 1);
  filter.set(SCMP_FLTATR_CTL_LOG, 1);
  filter.add(SCMP_ACT_ERRNO(EPERM), "io_uring_setup");
  filter.add(SCMP_ACT_ERRNO(EPERM), "seccomp");
  filter.load();
}

}  // namespace fanlight
