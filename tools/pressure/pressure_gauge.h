// SPDX-License-Identifier: Apache-2.0
// PressureGauge: how much of the processor is in use, and whether it is too hot, from the kernel's
// files. They are opened at the beginning, because the sandbox admits no others later.
//
//   the use      of the cgroup, if cgroup v2 limits it (cpu.max), against that limit: cpu.stat;
//                else of the machine: /proc/stat (proc(5)), idle and iowait being unused
//   the heat     on a Raspberry Pi what its firmware does (get_throttled): bits 1 to 3, the clock
//                is capped, throttled, or at its soft temperature limit, but not bit 0, which is
//                the voltage, nor the upper half, which is the past. And each thermal zone at its
//                passive trip point, from which on the kernel slows the processor down
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/time.h"
#include "tools/pressure/relief.h"

namespace fanlight {

// Owns: the open files. Thread: main's. Does not allocate after its construction.
class PressureGauge {
 public:
  // `root` is put before all paths, for tests. Files that do not exist are done without.
  explicit PressureGauge(const std::string& root = {});

  // Since the last call; the first returns no use.
  Pressure read(Instant now) noexcept;

  // What is measured, in words, for the log.
  const char* subject() const noexcept { return quota_ > 0 ? "its cgroup's limit" : "the machine"; }

 private:
  struct Zone {
    Fd temperature;
    long passive;  // its trip point, in thousandths of a degree
  };

  void find_cgroup(const std::string& root);
  void find_zones(const std::string& root);
  double cpu_share(Instant now) noexcept;
  double machine_share() noexcept;
  double cgroup_share(Instant now) noexcept;
  bool is_hot() const noexcept;

  Fd machine_;
  Fd cgroup_;
  double quota_ = 0;  // processors that the cgroup may use; 0: no limit
  Fd throttled_;
  std::vector<Zone> zones_;
  uint64_t used_before_ = 0;
  uint64_t all_before_ = 0;
  Instant read_at_{};
};

}  // namespace fanlight
