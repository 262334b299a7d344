// SPDX-License-Identifier: Apache-2.0
// What the kernel's interface has for zero-copy sends and the headers of Debian 12 (liburing 2.3)
// do not name. The numbers are the ABI (<linux/io_uring.h> of Linux 6.2).
#pragma once

#include <liburing.h>

// In io_uring_sqe::ioprio of SEND_ZC: the notification is to say whether the bytes were copied.
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif

// In the result of the notification: they were.
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
