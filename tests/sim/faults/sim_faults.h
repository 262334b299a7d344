// SPDX-License-Identifier: Apache-2.0
// SimFaults: the faults that the simulated kernel and network inject.
#pragma once

#include "core/random.h"
#include "core/time.h"

namespace fanlight {

// Probabilities are per opportunity, 0 to 1. The defaults are a kernel that does everything
// immediately, in order, and in full.
struct SimFaults {
  // Of completions.
  double reordered = 0;  // completions of different requests swap places
  double late = 0;       // arrives up to late_max after the event
  Duration late_max{0};
  double small_batch = 0;  // wait() returns fewer events than there are
  // Of data.
  double short_send = 0;     // takes only part although there is room
  double short_receive = 0;  // returns only part of the available bytes
  double small_segment = 0;  // only part of what could travel does
  // Of failures.
  double send_no_buffers = 0;  // SEND: -ENOBUFS, nothing taken
  double reset = 0;            // the network resets the connection instead of a send or receive
  double accept_no_files = 0;  // ACCEPT: -EMFILE, ends the multishot, the connection stays queued
  double accept_aborted = 0;   // ACCEPT: -ECONNABORTED, ends the multishot
  double accept_ends = 0;      // ACCEPT succeeds without IORING_CQE_F_MORE
  double cancel_lost = 0;      // ASYNC_CANCEL of a connection's request: -EALREADY, no effect
  double unread_lost = 0;      // a reset destroys what the peer has received but not read
  // Of zero copy.
  bool zero_copy_reports = true;   // SEND_ZC is supported; else -EINVAL
  double zero_copy_copied = 0;     // the kernel copies, and reports it in the notification
  double zero_copy_no_memory = 0;  // SEND_ZC: -ENOMEM, nothing taken, no notification
  // Of the process.
  Duration turn_time_max{0};        // a loop iteration takes up to this
  unsigned submission_queue = 256;  // entries; a full one is submitted immediately
  bool reuses_descriptors = true;   // the lowest free one, as kernels do; else never

  // Every fault is off, or has a random strength: combinations find bugs that averages do not.
  static SimFaults swarm(Random& random);
};

}  // namespace fanlight
