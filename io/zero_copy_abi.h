// SPDX-License-Identifier: Apache-2.0
// Definitions for zero-copy sends that the headers of Debian 12 (liburing 2.3) lack. The numbers
// are the kernel's ABI (<linux/io_uring.h> of Linux 6.2).
#pragma once

#include <liburing.h>

// In io_uring_sqe::ioprio of SEND_ZC: the notification shall report whether the bytes were copied.
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif

// In the notification's result: they were copied.
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

namespace fanlight {

// The only form of SEND_ZC that Backend lists.
inline void prepare_send_zero_copy(io_uring_sqe* sqe, int fd, const void* bytes, size_t size,
                                   int flags) {
  io_uring_prep_send_zc(sqe, fd, bytes, size, flags, IORING_SEND_ZC_REPORT_USAGE);
}

}  // namespace fanlight
