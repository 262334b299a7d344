// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/sim_faults.h"

namespace fanlight {

SimFaults SimFaults::swarm(Random& random) {
  const auto rate = [&](double high) {
    return random.chance(0.5) ? 0.0 : random.log_uniform(high / 100, high);
  };
  const auto duration = [&](double low_seconds, double high_seconds) {
    return from_seconds(random.log_uniform(low_seconds, high_seconds));
  };
  SimFaults faults;
  faults.reordered = rate(1);
  faults.late = rate(1);
  faults.late_max = duration(1e-6, 0.05);
  faults.small_batch = rate(1);
  faults.short_send = rate(1);
  faults.short_receive = rate(1);
  faults.small_segment = rate(1);
  faults.send_no_buffers = rate(0.01);
  faults.reset = rate(0.01);
  faults.accept_no_files = rate(0.2);
  faults.accept_aborted = rate(0.2);
  faults.accept_ends = rate(0.5);
  faults.unread_lost = rate(1);
  faults.cancel_lost = rate(0.5);
  faults.turn_time_max = random.chance(0.5) ? Duration(0) : duration(1e-6, 0.01);
  faults.submission_queue = 1u << random.below(10);
  faults.reuses_descriptors = random.chance(0.5);
  faults.zero_copy_reports = random.chance(0.8);
  faults.zero_copy_copied = random.chance(0.2) ? 1 : rate(0.5);
  faults.zero_copy_no_memory = rate(0.05);
  return faults;
}

}  // namespace fanlight
