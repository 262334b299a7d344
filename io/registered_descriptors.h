// SPDX-License-Identifier: Apache-2.0
// RegisteredDescriptors: io_uring's table of files that requests find without a reference count.
//
// A request on an ordinary descriptor takes a reference to the file and gives it back, two atomic
// operations on a cache line that is cold when thousands of sockets take turns: 5 to 8 % of what
// sending a frame of 20 KB costs (bench/floor, with and without --direct).
#pragma once

#include <liburing.h>

namespace fanlight {

// Owns: the ring's table of registered files (io_uring_register_files_sparse(3)); borrows the ring.
// Thread: the ring's.
// Invariants: a descriptor is registered at the index that is its own number; the table is gone
//   with the ring.
class RegisteredDescriptors {
 public:
  // Makes room for the descriptors that `connections` need. Without room (capacity() is 0) where
  // the kernel refuses, or where it would keep a file open after its close for as long as an older
  // request on a registered file is in flight: before Linux 6.13 files were released in the order
  // of their removal, so one stalled viewer would have kept the connections of all others open.
  // Expects a ring on which nothing has been submitted; leaves it so.
  RegisteredDescriptors(io_uring& ring, unsigned connections) noexcept;

  // False when there is no room for this number, or the kernel refuses (ENOMEM).
  bool add(int fd) noexcept;
  // Of an fd for which add() was true.
  void remove(int fd) noexcept;

  unsigned capacity() const noexcept { return capacity_; }

 private:
  bool releases_at_once() noexcept;
  bool set(unsigned index, int fd) noexcept;

  io_uring& ring_;
  unsigned capacity_ = 0;
};

}  // namespace fanlight
