// SPDX-License-Identifier: Apache-2.0
#include "core/process_figures.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "core/fd.h"

namespace fanlight {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// The second number of /proc/self/statm, pages (proc_pid_statm(5)).
uint64_t resident_pages() {
  const Fd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  std::array<char, 128> room;
  const ssize_t bytes = ::read(file.get(), room.data(), room.size());
  const std::string_view text(room.data(), static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
  const size_t space = text.find(' ');
  uint64_t pages = 0;
  if (space == std::string_view::npos) return 0;
  std::from_chars(text.data() + space + 1, text.data() + text.size(), pages);
  return pages;
}

}  // namespace

ProcessFigures read_process_figures() noexcept {
  ProcessFigures figures;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  figures.resident_bytes = resident_pages() * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.descriptors_limit = limit.rlim_cur;
  return figures;
}

}  // namespace fanlight
