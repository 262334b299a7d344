// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_call_list.h"

namespace fanlight {
namespace {

// clang-format off
constexpr const char* kPlain[] = {
    // Open files
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev",
    "pwritev2", "lseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "ftruncate",
    "fallocate", "fsync", "fdatasync", "fadvise64", "flock", "sendfile", "splice", "pipe", "pipe2",
    "memfd_create",
    // Names of files: Landlock decides which
    "open", "openat", "access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat",
    "statx", "statfs", "fstatfs", "readlink", "readlinkat", "getdents", "getdents64", "getcwd",
    "unlink", "unlinkat", "umask", "inotify_init", "inotify_init1", "inotify_add_watch",
    "inotify_rm_watch",
    // Memory
    "munmap", "mremap", "madvise", "brk", "mlock", "mlock2", "munlock", "msync", "mincore",
    "membarrier",
    // Threads of this process; clone is in system_calls.cpp
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "exit",
    "exit_group", "getpid", "getppid", "gettid", "sched_yield", "sched_getaffinity", "setpriority",
    "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_setscheduler",
    "sched_get_priority_max", "sched_get_priority_min", "getcpu", "getpriority", "restart_syscall",
    "arch_prctl", "get_mempolicy",
    // Signals
    "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "sigaltstack", "signalfd4", "pause",
    // Time
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    "times", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    // Events
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "poll", "ppoll", "select", "pselect6", "eventfd2", "io_uring_setup", "io_uring_enter",
    "io_uring_register",
    // Sockets: socket and socketpair are in system_calls.cpp; listen is missing, since the server
    // has bound all its addresses before
    "bind", "connect", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
    "setsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown",
    // What the process and the machine are
    "uname", "sysinfo", "getrandom", "getrlimit", "getrusage", "getuid", "geteuid", "getgid",
    "getegid", "getresuid", "getresgid", "getgroups", "capget",
    // Another filter, which can only forbid more
    "seccomp",
};
// clang-format on

}  // namespace

std::span<const char* const> plain_system_calls() noexcept {
  return kPlain;
}

}  // namespace fanlight
