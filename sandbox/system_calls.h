// SPDX-License-Identifier: Apache-2.0
// System calls: confines a process to those that Fanlight and its libraries make, seccomp(2).
#pragma once

namespace fanlight {

// 0, or the errno that shows why this kernel cannot filter system calls.
int seccomp_error() noexcept;

// Confines the calling thread, and those that it starts:
//
// - A call that is not in the list fails with EPERM, and the kernel writes an audit record where
//   auditing is on (AUDIT_SECCOMP). The process is not killed: a library that is updated and tries
//   something new would otherwise end all streams.
// - clone3(2), and calls newer than libseccomp, fail with ENOSYS, without a record: the C library
//   then uses older ones, whose arguments can be examined.
// - A call of another architecture (32 bits, x32) kills the process: nothing of ours makes one.
//
// No process is started, no program executed, no memory is both writable and executable, sockets
// are IP, UNIX and netlink, and no new one listens. io_uring is not seen by seccomp:
// io/ring_restrictions.h confines it. PR_SET_NO_NEW_PRIVS must be set. Cannot be undone.
//
// Throws std::system_error.
void confine_system_calls();

// From now on no thread of the process makes an io_uring or another filter. For after the start,
// when all rings exist; confine_system_calls() must have been called before there were threads.
// Throws std::system_error.
void forbid_new_rings();

}  // namespace fanlight
