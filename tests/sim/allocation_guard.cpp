// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/allocation_guard.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace fanlight {
namespace {

// Above zero: allocation is forbidden.
thread_local int forbidden_scopes = 0;

// Allocations left until one fails; below zero: none will.
constexpr int kNoneFails = -1;
thread_local int until_failure = kNoneFails;

std::atomic<uint64_t> forbidden_count{0};
std::atomic<uint64_t> all_count{0};

constexpr std::align_val_t kPlain{alignof(std::max_align_t)};

void* allocate(size_t bytes, std::align_val_t alignment) noexcept {
  all_count.fetch_add(1, std::memory_order_relaxed);
  if (forbidden_scopes > 0) note_forbidden_allocation(bytes);
  if (until_failure >= 0 && until_failure-- == 0) return nullptr;
  const auto unit = static_cast<size_t>(alignment);
  if (alignment <= kPlain) return std::malloc(std::max<size_t>(bytes, 1));
  return std::aligned_alloc(unit, (std::max<size_t>(bytes, 1) + unit - 1) / unit * unit);
}

void* allocate_or_throw(size_t bytes, std::align_val_t alignment = kPlain) {
  void* memory = allocate(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

AllocationForbidden::AllocationForbidden() noexcept
    : before_(std::exchange(forbidden_scopes, forbidden_scopes + 1)) {}
AllocationForbidden::~AllocationForbidden() {
  forbidden_scopes = before_;
}

AllocationAllowed::AllocationAllowed() noexcept : before_(std::exchange(forbidden_scopes, 0)) {}
AllocationAllowed::~AllocationAllowed() {
  forbidden_scopes = before_;
}

FailingAllocation::FailingAllocation(int before) noexcept {
  until_failure = before;
}
FailingAllocation::~FailingAllocation() {
  until_failure = kNoneFails;
}
bool FailingAllocation::has_failed() const noexcept {
  return until_failure < 0;
}

uint64_t forbidden_allocations() noexcept {
  return forbidden_count;
}
uint64_t all_allocations() noexcept {
  return all_count;
}

void note_forbidden_allocation([[maybe_unused]] size_t bytes) noexcept {
  ++forbidden_count;
}

}  // namespace fanlight

// All replaceable functions of [new.delete]: a sanitizer supplies its own for any that are missing,
// which would not match the others.
void* operator new(size_t bytes) {
  return fanlight::allocate_or_throw(bytes);
}
void* operator new[](size_t bytes) {
  return fanlight::allocate_or_throw(bytes);
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return fanlight::allocate(bytes, fanlight::kPlain);
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return fanlight::allocate(bytes, fanlight::kPlain);
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return fanlight::allocate_or_throw(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return fanlight::allocate_or_throw(bytes, alignment);
}
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return fanlight::allocate(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return fanlight::allocate(bytes, alignment);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
