// SPDX-License-Identifier: Apache-2.0
// AllocationGuard: proves that code that must not allocate does not, and that other code survives
// when it gets no memory.
//
// Linking allocation_guard.cpp into a test program replaces its operator new: inside an
// AllocationForbidden scope every call is counted, unless an AllocationAllowed scope is nested in
// it. Tests open the first around the code under test; the simulated kernel and peers open the
// second in their own functions. Both apply to one thread and may be nested.
// fail_each_allocation() makes one call after another throw std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace fanlight {

class AllocationForbidden {
 public:
  AllocationForbidden() noexcept;
  ~AllocationForbidden();
  AllocationForbidden(const AllocationForbidden&) = delete;
  AllocationForbidden& operator=(const AllocationForbidden&) = delete;

 private:
  const int before_;
};

class AllocationAllowed {
 public:
  AllocationAllowed() noexcept;
  ~AllocationAllowed();
  AllocationAllowed(const AllocationAllowed&) = delete;
  AllocationAllowed& operator=(const AllocationAllowed&) = delete;

 private:
  const int before_;
};

// Calls of operator new inside a forbidden scope so far, of all threads.
uint64_t forbidden_allocations() noexcept;

// While it exists, the call of operator new that follows `before` others in this thread throws
// std::bad_alloc.
class FailingAllocation {
 public:
  explicit FailingAllocation(int before) noexcept;
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  bool has_failed() const noexcept;
};

// Calls `work` once for each of its allocations, which fails then, and once more. Its exceptions
// std::bad_alloc are caught. Returns how many allocations there are.
template <class Work>
int fail_each_allocation(const Work& work) {
  for (int before = 0;; ++before) {
    const FailingAllocation failing(before);
    try {
      work();
    } catch (const std::bad_alloc&) {
    }
    if (!failing.has_failed()) return before;
  }
}

// Called by operator new for each of them; set a breakpoint here.
void note_forbidden_allocation(size_t bytes) noexcept;

// Calls of operator new so far, of all threads, forbidden or not.
uint64_t all_allocations() noexcept;

}  // namespace fanlight
