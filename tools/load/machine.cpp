// SPDX-License-Identifier: Apache-2.0
#include "tools/load/machine.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// Standard streams, epoll sets, files of /proc, and descriptors inherited from the shell.
constexpr size_t kOtherDescriptors = 64;

bool is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

}  // namespace

void require_descriptors(size_t sockets) {
  const rlim_t needed = sockets + kOtherDescriptors;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return;
  const rlimit wanted{needed, std::max(limit.rlim_max, needed)};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  const int error = errno;
  throw StartError(
      ExitCode::system_error,
      fmt::format("--viewers: they need {} descriptors, the limit is {} (ulimit -Hn): {}", needed,
                  limit.rlim_max, std::system_category().message(error)));
}

void confine_to(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  // The kernel ignores the CPUs of a set that it does not have, without an error.
  const bool is_confined = ::sched_setaffinity(0, sizeof set, &set) == 0 &&
                           ::sched_getaffinity(0, sizeof set, &set) == 0;
  for (const int cpu : cpus) {
    if (is_confined && CPU_ISSET(static_cast<size_t>(cpu), &set)) continue;
    throw StartError(ExitCode::usage,
                     fmt::format("--cpus: CPU {} is not one that this process may use; "
                                 "taskset -cp $$ lists them",
                                 cpu));
  }
}

void show_live_line(std::string_view line) {
  if (is_terminal()) {
    fmt::print(stderr, "\r{}\x1b[K", line);
    std::fflush(stderr);
  } else {
    fmt::print(stderr, "{}\n", line);
  }
}

void clear_live_line() {
  if (is_terminal()) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace fanlight
