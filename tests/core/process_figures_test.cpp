// SPDX-License-Identifier: Apache-2.0
#include "core/process_figures.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstddef>
#include <cstring>

namespace fanlight {
namespace {

TEST(ProcessFigures, TouchedMemoryIsResident) {
  constexpr size_t kBytes = 64 << 20;
  void* memory =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const uint64_t before = read_process_figures().resident_bytes;
  EXPECT_GT(before, 100'000u);
  std::memset(memory, 1, kBytes);
  // The kernel's count is a few pages late, for each thread.
  EXPECT_GT(read_process_figures().resident_bytes, before + kBytes - (4 << 20));
  ::munmap(memory, kBytes);
}

TEST(ProcessFigures, ProcessorTimeIncreases) {
  const double before = read_process_figures().cpu_seconds;
  EXPECT_GE(before, 0.0);
  while (read_process_figures().cpu_seconds <= before) {
  }
}

TEST(ProcessFigures, LimitIsTheOneInForce) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(read_process_figures().descriptors_limit, limit.rlim_cur);
}

}  // namespace
}  // namespace fanlight
