// SPDX-License-Identifier: Apache-2.0
#include "tools/load/process_usage.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/fd.h"

namespace fanlight {
namespace {

std::optional<Duration> read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

}  // namespace

uint64_t find_kilobytes(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    const size_t end = std::min(status.find('\n'), status.size());
    std::string_view line = status.substr(0, end);
    status.remove_prefix(std::min(end + 1, status.size()));
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    line.remove_prefix(std::min(line.find_first_of("0123456789"), line.size()));
    uint64_t number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    return number;
  }
  return 0;
}

std::optional<ProcessUsage> read_process_usage(pid_t pid) {
  clockid_t clock{};
  if (::clock_getcpuclockid(pid, &clock) != 0) return std::nullopt;
  const std::optional<Duration> cpu = read_clock(clock);
  const Fd file(::open(fmt::format("/proc/{}/status", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!cpu || !file) return std::nullopt;
  std::array<char, 4096> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return std::nullopt;
  const std::string_view status(text.data(), static_cast<size_t>(size));
  return ProcessUsage{*cpu, find_kilobytes(status, "VmRSS"), find_kilobytes(status, "RssAnon")};
}

Duration read_own_cpu_time() {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID).value_or(Duration::zero());
}

}  // namespace fanlight
