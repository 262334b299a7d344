// SPDX-License-Identifier: Apache-2.0
#include "bench/floor/bundle_rings.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/check.h"
#include "core/part.h"

namespace fanlight {
namespace {

// From headers newer than those of liburing 2.3.
constexpr uint16_t kBundle = 1u << 4;           // IORING_RECVSEND_BUNDLE, Linux 6.10
constexpr unsigned kRegisterBufferStatus = 26;  // IORING_REGISTER_PBUF_STATUS, Linux 6.8
struct BufferStatus {                           // struct io_uring_buf_status
  uint32_t group;
  uint32_t head;
  uint32_t reserved[8];
};

constexpr unsigned kEntries = 4;  // a power of two for three buffers

}  // namespace

BundleRings::BundleRings(io_uring& ring, unsigned viewers_max)
    : ring_(ring),
      page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))),
      mapped_(page_ * viewers_max) {
  void* memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  memory_ = static_cast<char*>(memory);
}

BundleRings::~BundleRings() {
  ::munmap(memory_, mapped_);
}

io_uring_buf_ring* BundleRings::of(unsigned viewer) const {
  return reinterpret_cast<io_uring_buf_ring*>(memory_ + viewer * page_);
}

void BundleRings::add_viewer(unsigned viewer) {
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uintptr_t>(of(viewer));
  registration.ring_entries = kEntries;
  registration.bgid = static_cast<uint16_t>(viewer);
  const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
  if (result < 0) throw std::system_error(-result, std::system_category(), "ring of buffers");
}

void BundleRings::prepare(io_uring_sqe* sqe, unsigned viewer, int socket,
                          const FramePool::Frame& frame) {
  const size_t tail = kPartDelimiter.size();
  char* const head = const_cast<char*>(frame.data);
  char* const delimiter = head + frame.size - tail;
  const int mask = io_uring_buf_ring_mask(kEntries);
  const auto add = [&](char* data, size_t size, int place) {
    io_uring_buf_ring_add(of(viewer), data, static_cast<unsigned>(size), 0, mask, place);
  };
  add(head, frame.head_size, 0);
  add(head + frame.head_size, frame.size - frame.head_size - tail, 1);
  add(delimiter, tail, 2);
  io_uring_buf_ring_advance(of(viewer), 3);
  // A SEND that waited for room would choose its buffers again.
  io_uring_prep_send(sqe, socket, nullptr, 0, MSG_NOSIGNAL | MSG_DONTWAIT);
  sqe->ioprio |= kBundle;
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = static_cast<uint16_t>(viewer);
}

// Kernels differ in how many buffers a short SEND uses up, so the kernel is queried.
void BundleRings::clear(unsigned viewer) {
  BufferStatus status{viewer, 0, {}};
  const long result =
      ::syscall(SYS_io_uring_register, ring_.ring_fd, kRegisterBufferStatus, &status, 1);
  CHECK(result == 0);
  const int left = static_cast<uint16_t>(of(viewer)->tail - status.head);
  io_uring_buf_ring_advance(of(viewer), -left);
}

}  // namespace fanlight
