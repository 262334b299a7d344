// SPDX-License-Identifier: Apache-2.0
#include "tools/load/process_usage.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace fanlight {
namespace {

// Computes until this process has used this much more CPU time.
void use_cpu(Duration time) {
  const Duration until = read_own_cpu_time() + time;
  while (read_own_cpu_time() < until) {
  }
}

TEST(ProcessUsage, SeesItsOwnTimeAndMemory) {
  const ProcessUsage before = read_process_usage(::getpid()).value();
  EXPECT_GT(before.resident_kb, before.anonymous_kb);
  EXPECT_GT(before.anonymous_kb, 0u);
  constexpr size_t kKilobytes = 32 << 10;
  std::vector<char> memory(kKilobytes << 10, 'x');
  use_cpu(20ms);
  const ProcessUsage after = read_process_usage(::getpid()).value();
  EXPECT_EQ(std::count(memory.begin(), memory.end(), 'x'), kKilobytes << 10);
  EXPECT_GE(after.cpu - before.cpu, 20ms);
  EXPECT_GE(after.anonymous_kb + 1024, before.anonymous_kb + kKilobytes);
}

TEST(ProcessUsage, CountsEndedThreads) {
  const Duration before = read_process_usage(::getpid()).value().cpu;
  std::thread([] { use_cpu(20ms); }).join();
  EXPECT_GE(read_process_usage(::getpid()).value().cpu - before, 20ms);
  EXPECT_GE(read_own_cpu_time(), read_process_usage(::getpid()).value().cpu - 1s);
}

TEST(ProcessUsage, SeesAnotherProcessUntilItEnds) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto usage = read_process_usage(child);
  ASSERT_TRUE(usage.has_value());
  EXPECT_GT(usage->resident_kb, 0u);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(read_process_usage(child), std::nullopt);
}

TEST(ProcessUsage, FindsTheNumberOnALine) {
  const char* status = "Name:\tVmRSS: 7 kB\nVmRSSx:\t 1 kB\nVmRSS:\t  1234 kB\nLast:\t5";
  EXPECT_EQ(find_kilobytes(status, "VmRSS"), 1234u);
  EXPECT_EQ(find_kilobytes(status, "Last"), 5u);
  EXPECT_EQ(find_kilobytes(status, "RssAnon"), 0u);
}

}  // namespace
}  // namespace fanlight
