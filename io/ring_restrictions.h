// SPDX-License-Identifier: Apache-2.0
// Ring restrictions: the requests that a ring accepts, which seccomp(2) cannot filter.
#pragma once

struct io_uring;

namespace fanlight {

// The ring, made with IORING_SETUP_R_DISABLED, then carries out the requests of Backend and nothing
// else: none that opens a file or a socket, or connects one; they complete with -EACCES. It cannot
// be undone (io_uring_register(2), IORING_REGISTER_RESTRICTIONS, Linux 5.10). The calling thread is
// from now on the only one that may submit, if the ring has a SINGLE_ISSUER.
//
// 0 or -errno.
int restrict_and_enable(io_uring& ring) noexcept;

}  // namespace fanlight
