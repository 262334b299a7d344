// SPDX-License-Identifier: Apache-2.0
#include "io/descriptor_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {

DescriptorTable::DescriptorTable(size_t capacity) : capacity_(std::max<size_t>(capacity, 1)) {
  void* memory = ::mmap(nullptr, capacity_ * sizeof(EpollDescriptor), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  descriptors_ = static_cast<EpollDescriptor*>(memory);
}

DescriptorTable::~DescriptorTable() {
  ::munmap(descriptors_, capacity_ * sizeof(EpollDescriptor));
}

bool DescriptorTable::reserve(int fd) noexcept {
  CHECK(fd >= 0);
  const auto index = static_cast<size_t>(fd);
  if (index < capacity_) return true;
  const size_t capacity = std::max(index + 1, 2 * capacity_);
  void* memory = ::mremap(descriptors_, capacity_ * sizeof(EpollDescriptor),
                          capacity * sizeof(EpollDescriptor), MREMAP_MAYMOVE);
  if (memory == MAP_FAILED) return false;
  descriptors_ = static_cast<EpollDescriptor*>(memory);
  capacity_ = capacity;
  return true;
}

EpollDescriptor& DescriptorTable::at(int fd) noexcept {
  CHECK(reserve(fd));
  const auto index = static_cast<size_t>(fd);
  used_ = std::max(used_, index + 1);
  return descriptors_[index];
}

}  // namespace fanlight
