// SPDX-License-Identifier: Apache-2.0
// ProcessUsage: the CPU time and memory of a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.h"

namespace fanlight {

struct ProcessUsage {
  Duration cpu{};             // user and system time of all its threads, past ones too
  uint64_t resident_kb = 0;   // VmRSS of proc_pid_status(5)
  uint64_t anonymous_kb = 0;  // RssAnon: without the program's own text and shared pages
};

// Nothing when the process does not exist (any more), or may not be inspected. The CPU time is read
// from the process's clock, clock_getcpuclockid(3), because the utime and stime of proc_pid_stat(5)
// are the same sum truncated to hundredths of a second.
std::optional<ProcessUsage> read_process_usage(pid_t pid);

// CPU time of the calling process.
Duration read_own_cpu_time();

// The number in a line such as "VmRSS:     1234 kB" of `status`, 0 when there is none.
uint64_t find_kilobytes(std::string_view status, std::string_view name);

}  // namespace fanlight
