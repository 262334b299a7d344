// SPDX-License-Identifier: Apache-2.0
// RegisteredDescriptors: io_uring's table of files that requests use without a reference count.
//
// A request on an ordinary descriptor takes a reference to the file and releases it, two atomic
// operations on a cache line that is cold when thousands of sockets alternate: 5 to 8 % of the cost
// of sending a 20 KB frame (bench/floor, with and without --direct).
#pragma once

#include <liburing.h>

namespace fanlight {

// Owns: the ring's table of registered files (io_uring_register_files_sparse(3)); borrows the ring.
// Thread: the ring's.
// Invariants: a descriptor is registered at the index equal to its number; the table is destroyed
//   with the ring.
class RegisteredDescriptors {
 public:
  // Makes room for the descriptors that `connections` need. There is no room (capacity() is 0) if
  // the kernel refuses, or if it would keep a file open after its close for as long as an older
  // request on a registered file is in flight: before Linux 6.13 files were released in the order
  // of their removal, so one stalled viewer would have kept the connections of all others open.
  // Expects a ring on which nothing has been submitted, and leaves it so.
  RegisteredDescriptors(io_uring& ring, unsigned connections) noexcept;

  // False when there is no room for this number, or when the kernel refuses (ENOMEM).
  bool add(int fd) noexcept;
  // For an fd for which add() returned true.
  void remove(int fd) noexcept;

  unsigned capacity() const noexcept { return capacity_; }

 private:
  bool releases_at_once() noexcept;
  bool set(unsigned index, int fd) noexcept;

  io_uring& ring_;
  unsigned capacity_ = 0;
};

}  // namespace fanlight
