// SPDX-License-Identifier: Apache-2.0
// BundleRings: a frame's head, JPEG and delimiter as buffers of a ring that one SEND takes whole
// (IORING_RECVSEND_BUNDLE, Linux 6.10).
#pragma once

#include <liburing.h>

#include <cstddef>

#include "bench/floor/frame_pool.h"

namespace fanlight {

// Owns: a ring of buffers for each viewer, whose number is also the buffer group.
// Thread: the one that made the io_uring.
class BundleRings {
 public:
  // Throws std::system_error when the address space is refused.
  BundleRings(io_uring& ring, unsigned viewers_max);
  BundleRings(const BundleRings&) = delete;
  BundleRings& operator=(const BundleRings&) = delete;
  ~BundleRings();

  // Makes the viewer's ring. Throws std::system_error.
  void add_viewer(unsigned viewer);

  // Makes `sqe` a SEND of the frame on `socket`; bytes that a full socket leaves must be sent
  // otherwise.
  void prepare(io_uring_sqe* sqe, unsigned viewer, int socket, const FramePool::Frame& frame);

  // Empties the ring after a SEND that did not take all of it.
  void clear(unsigned viewer);

 private:
  io_uring_buf_ring* of(unsigned viewer) const;

  io_uring& ring_;
  size_t page_;    // a ring of buffers must begin on a page
  size_t mapped_;  // bytes
  char* memory_ = nullptr;
};

}  // namespace fanlight
