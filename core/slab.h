// SPDX-License-Identifier: Apache-2.0
// Slab: a fixed number of places for objects of one type.
//
// Addresses are stable (the kernel holds some of them as user_data), nothing is allocated after
// construction, and a place that was never used was never touched: a slab for 20,000 connections
// costs address space, not memory, until viewers connect.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>

#include "core/check.h"

namespace fanlight {

// Memory from the kernel that is zero and costs nothing until it is touched.
// Owns: one anonymous mapping.
class LazyMemory {
 public:
  // Throws std::system_error when the address space is refused.
  explicit LazyMemory(size_t bytes) : bytes_(bytes) {
    void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
    data_ = static_cast<std::byte*>(memory);
  }
  LazyMemory(const LazyMemory&) = delete;
  LazyMemory& operator=(const LazyMemory&) = delete;
  ~LazyMemory() { ::munmap(data_, bytes_); }

  std::byte* data() const { return data_; }

  // Returns pages to the kernel; they are zero again, and cost nothing until they are touched.
  // `offset` and `bytes`: whole pages.
  void give_back(size_t offset, size_t bytes) const noexcept {
    CHECK(::madvise(data_ + offset, bytes, MADV_DONTNEED) == 0);
  }

 private:
  const size_t bytes_;
  std::byte* data_ = nullptr;
};

// Owns: the places and the objects alive in them.
// Thread: one.
// Invariants: used() <= capacity(); the place freed last is given out first, so that the touched
// memory follows the peak of objects alive at once, not the number of objects ever made.
template <class T>
class Slab {
 public:
  // Throws std::system_error when the address space is refused.
  explicit Slab(size_t capacity)
      : capacity_(capacity),
        page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))),
        stride_(sizeof(T) < page_ ? sizeof(T) : (sizeof(T) + page_ - 1) / page_ * page_),
        places_(checked(capacity) * stride_),
        freed_(capacity * sizeof(uint32_t)) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() { CHECK(used_ == 0); }

  // A new T, or nullptr when all places are taken.
  template <class... Args>
  T* make(Args&&... args) {
    size_t index = touched_;
    if (free_count_ > 0) {
      index = freed()[--free_count_];
      least_free_ = std::min(least_free_, free_count_);
    } else if (touched_ == capacity_) {
      return nullptr;
    } else {
      ++touched_;
    }
    ++used_;
    return new (places_.data() + index * stride_) T(std::forward<Args>(args)...);
  }

  void destroy(T* object) {
    const auto offset = static_cast<size_t>(reinterpret_cast<std::byte*>(object) - places_.data());
    const size_t place = offset / stride_;
    CHECK(used_ > 0 && offset % stride_ == 0 && place < touched_);
    object->~T();
    freed()[free_count_++] = static_cast<uint32_t>(place);
    --used_;
  }

  // Returns to the kernel the memory of places that were free ever since the last call, so that a
  // burst is not paid for forever. Does nothing for objects smaller than a page.
  void trim() noexcept {
    trimmed_ = std::min(trimmed_, least_free_);
    for (; stride_ >= page_ && trimmed_ < least_free_; ++trimmed_) {
      places_.give_back(freed()[trimmed_] * stride_, stride_);
    }
    least_free_ = free_count_;
  }

  size_t used() const { return used_; }
  size_t capacity() const { return capacity_; }

 private:
  static size_t checked(size_t capacity) {
    CHECK(capacity > 0 && capacity <= UINT32_MAX);
    return capacity;
  }
  uint32_t* freed() const { return reinterpret_cast<uint32_t*>(freed_.data()); }

  const size_t capacity_;
  const size_t page_;
  const size_t stride_;  // bytes from place to place; whole pages for objects that large
  const LazyMemory places_;
  const LazyMemory freed_;  // indexes of freed places, the last one at the end
  size_t free_count_ = 0;
  size_t least_free_ = 0;  // since the last trim()
  size_t trimmed_ = 0;     // how many at the beginning of freed_ have returned their memory
  size_t touched_ = 0;
  size_t used_ = 0;
};

}  // namespace fanlight
