// SPDX-License-Identifier: Apache-2.0
// Slab: a fixed number of places for objects of one type.
//
// Addresses are stable (the kernel holds some of them as user_data), nothing is allocated after
// construction, and a place that was never used was never touched: a slab for 20,000 connections
// costs address space, not memory, until viewers come.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>

#include "core/check.h"

namespace fanlight {

// Owns: one anonymous mapping and the objects alive in it.
// Thread: one.
// Invariants: used() <= capacity(); the place freed last is given out first, so that the touched
// memory follows the peak of objects alive at once, not the number of objects ever made.
template <class T>
class Slab {
 public:
  // Throws std::system_error when the address space is refused.
  explicit Slab(size_t capacity) : capacity_(capacity) {
    CHECK(capacity > 0);
    void* memory = ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
    places_ = static_cast<Place*>(memory);
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    CHECK(used_ == 0);
    ::munmap(places_, bytes());
  }

  // A new T, or nullptr when all places are taken.
  template <class... Args>
  T* make(Args&&... args) {
    Place* place = free_;
    if (place != nullptr) {
      free_ = place->next_free;
    } else if (touched_ < capacity_) {
      place = &places_[touched_++];
    } else {
      return nullptr;
    }
    ++used_;
    return new (place->storage) T(std::forward<Args>(args)...);
  }

  void destroy(T* object) {
    CHECK(used_ > 0);
    Place* place = reinterpret_cast<Place*>(object);
    CHECK(place >= places_ && place < places_ + touched_);
    object->~T();
    place->next_free = free_;
    free_ = place;
    --used_;
  }

  size_t used() const { return used_; }
  size_t capacity() const { return capacity_; }

 private:
  union Place {
    Place* next_free;
    alignas(T) std::byte storage[sizeof(T)];
  };
  size_t bytes() const { return capacity_ * sizeof(Place); }

  const size_t capacity_;
  Place* places_ = nullptr;
  Place* free_ = nullptr;
  size_t touched_ = 0;
  size_t used_ = 0;
};

}  // namespace fanlight
