// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/allocation_guard.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "core/frame_ring.h"
#include "core/log.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

// Calls operator new in a way that the optimizer does not remove.
void allocate_once() {
  void* volatile memory = ::operator new(16);
  ::operator delete(memory);
}

TEST(AllocationGuardTest, CountsOnlyInAForbiddenScope) {
  const uint64_t before = forbidden_allocations();
  const uint64_t all_before = all_allocations();
  allocate_once();
  EXPECT_EQ(forbidden_allocations(), before);
  EXPECT_GT(all_allocations(), all_before);
  {
    const AllocationForbidden forbidden;
    allocate_once();
    {
      const AllocationAllowed allowed;
      allocate_once();
      {
        const AllocationForbidden again;
        allocate_once();
      }
      allocate_once();
    }
    allocate_once();
  }
  allocate_once();
  EXPECT_EQ(forbidden_allocations() - before, 3u);
}

TEST(AllocationGuardTest, CountsEveryFormOfNew) {
  struct alignas(64) Line {
    char bytes[64];
  };
  const uint64_t before = forbidden_allocations();
  {
    const AllocationForbidden forbidden;
    const auto one = std::make_unique<int>(1);
    const auto several = std::make_unique<int[]>(4);
    const auto aligned = std::make_unique<Line>();
    const std::unique_ptr<int> quiet(new (std::nothrow) int);
    const std::string text(100, 'x');
    EXPECT_EQ(reinterpret_cast<uintptr_t>(aligned.get()) % 64, 0u);
  }
  EXPECT_EQ(forbidden_allocations() - before, 5u);
}

TEST(AllocationGuardTest, FailsEachAllocationOnce) {
  int calls = 0;
  int completed = 0;
  const int allocations = fail_each_allocation([&] {
    ++calls;
    allocate_once();
    allocate_once();
    ++completed;
  });
  EXPECT_EQ(allocations, 2);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(completed, 1);
}

TEST(AllocationGuardTest, AffectsOneThreadOnly) {
  const uint64_t before = forbidden_allocations();
  std::thread other([] { allocate_once(); });
  {
    const AllocationForbidden forbidden;
    other.join();
  }
  EXPECT_EQ(forbidden_allocations(), before);
}

TEST(AllocationGuardTest, FrameRingAndLogDoNotAllocate) {
  FrameRing ring({.window = 2, .jpeg_capacity = 1000, .memory_limit = 20'000});
  Waker waker;
  ring.add_reader(&waker);
  const uint64_t before = forbidden_allocations();
  {
    const AllocationForbidden forbidden;
    FrameRef pins[12];
    for (uint64_t sequence = 1; sequence < 100; ++sequence) {
      if (publish_picture(ring, sequence)) pins[sequence % 12] = ring.newer_than(0);
    }
    log_debug("{} {}", 1, "not printed");
  }
  EXPECT_EQ(forbidden_allocations(), before);
}

}  // namespace
}  // namespace fanlight
