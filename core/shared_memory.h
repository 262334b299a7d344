// SPDX-License-Identifier: Apache-2.0
// SharedMemory: memory that is also a file, so that sockets can be given its pages instead of
// copies of them (sendfile(2)).
#pragma once

#include <cstddef>
#include <span>

#include "core/fd.h"

namespace fanlight {

// Owns: one mapping of a memfd, touched lazily; or of anonymous memory, where the kernel or the
//   container permits no memfd.
// Thread: any for reading bytes(); give_back() by the writer of that part.
class SharedMemory {
 public:
  // `size` in bytes, a multiple of the page size. Throws std::system_error when the address space
  // is refused.
  explicit SharedMemory(size_t size);
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  std::span<std::byte> bytes() const noexcept { return bytes_; }
  // The memfd, whose offset 0 is where bytes() begins; -1 for anonymous memory.
  int fd() const noexcept { return fd_.get(); }

  // Returns pages to the kernel; afterwards they read as zero and new ones are touched. Sockets
  // that still have to send the old pages keep them, unchanged, until they are sent. `offset` and
  // `size` in bytes, whole pages.
  void give_back(size_t offset, size_t size) noexcept;

 private:
  Fd fd_;
  std::span<std::byte> bytes_;
};

}  // namespace fanlight
