// SPDX-License-Identifier: Apache-2.0
// AllocationGuard: proves that code that must not allocate does not.
//
// Linking allocation_guard.cpp into a test program replaces its operator new: inside an
// AllocationForbidden scope every call is counted, unless an AllocationAllowed scope is nested in
// it. Tests open the first around the code under test; the simulated kernel and peers open the
// second in their own functions. Both apply to one thread and may be nested.
#pragma once

#include <cstddef>
#include <cstdint>

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

// Called by operator new for each of them; set a breakpoint here.
void note_forbidden_allocation(size_t bytes) noexcept;

// Calls of operator new so far, of all threads, forbidden or not.
uint64_t all_allocations() noexcept;

}  // namespace fanlight
