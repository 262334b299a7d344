// SPDX-License-Identifier: Apache-2.0
#include "io/ring_restrictions.h"

#include <liburing.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace fanlight {
namespace {

// SEND_ZC is last, because kernels before 6.0 do not have it.
constexpr std::array kRequests = {IORING_OP_ACCEPT,   IORING_OP_RECV,  IORING_OP_SEND,
                                  IORING_OP_SENDMSG,  IORING_OP_READ,  IORING_OP_POLL_ADD,
                                  IORING_OP_SHUTDOWN, IORING_OP_CLOSE, IORING_OP_ASYNC_CANCEL,
                                  IORING_OP_SEND_ZC};

// The probe, and the table of RegisteredDescriptors.
constexpr std::array kRegistrations = {IORING_REGISTER_PROBE, IORING_REGISTER_FILES2,
                                       IORING_REGISTER_FILES_UPDATE, IORING_UNREGISTER_FILES};

io_uring_restriction restriction(unsigned opcode) noexcept {
  io_uring_restriction result{};
  result.opcode = static_cast<__u16>(opcode);
  return result;
}

// Debian 12's liburing declares io_uring_register_restrictions(3) and io_uring_enable_rings(3), but
// does not export them. 0 or -errno.
int register_at(io_uring& ring, unsigned opcode, const void* argument, unsigned count) noexcept {
  const long result = ::syscall(SYS_io_uring_register, ring.ring_fd, opcode, argument, count);
  return result < 0 ? -errno : 0;
}

int restrict_to(io_uring& ring, size_t requests) noexcept {
  std::array<io_uring_restriction, kRequests.size() + kRegistrations.size() + 1> all{};
  unsigned count = 0;
  for (size_t i = 0; i < requests; ++i) {
    all[count] = restriction(IORING_RESTRICTION_SQE_OP);
    all[count++].sqe_op = static_cast<__u8>(kRequests[i]);
  }
  for (const auto registration : kRegistrations) {
    all[count] = restriction(IORING_RESTRICTION_REGISTER_OP);
    all[count++].register_op = static_cast<__u8>(registration);
  }
  all[count] = restriction(IORING_RESTRICTION_SQE_FLAGS_ALLOWED);
  all[count++].sqe_flags = IOSQE_FIXED_FILE;
  return register_at(ring, IORING_REGISTER_RESTRICTIONS, all.data(), count);
}

}  // namespace

int restrict_and_enable(io_uring& ring) noexcept {
  int result = restrict_to(ring, kRequests.size());
  if (result == -EINVAL) result = restrict_to(ring, kRequests.size() - 1);
  return result < 0 ? result : register_at(ring, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
}

}  // namespace fanlight
