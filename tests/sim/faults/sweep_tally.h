// SPDX-License-Identifier: Apache-2.0
// SweepTally: what the processes of a fault sweep have tried.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/sim/faults/fault_plan.h"

namespace fanlight {

inline constexpr size_t kSweepWorkersMax = 64;

struct SweepWorker {
  std::atomic<uint64_t> next;  // the case that it runs
};

// Lives in memory that forked processes share. Thread: any process.
struct SweepTally {
  static SweepTally& make_shared();

  void add_site(SimCall call);
  void add(const FaultPlan& plan, bool storm, const Fault& fault);

  // Faults that were injected.
  uint64_t faults() const;
  // A table: for each call its sites and the faults that were tried.
  std::string report() const;

  struct Row {
    std::atomic<uint64_t> sites, errors, repeated, shortened, time, storms;
  };
  std::array<Row, kSimCalls> rows;
  std::array<SweepWorker, kSweepWorkersMax> workers;
  std::atomic<uint64_t> cases;  // that have ended
  std::atomic<uint64_t> violations;
};

}  // namespace fanlight
