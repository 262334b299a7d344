// SPDX-License-Identifier: Apache-2.0
// Fault scenarios: small fixed worlds around one shard, in which single calls fail.
//
// Each has clients of some kinds that connect within half a second. After 1.2 s a newcomer
// connects, which shows whether the server goes on; then the server stops. Together they make every
// call of the shard to the kernel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/faults/fault_plan.h"

namespace fanlight {

inline constexpr std::string_view kFaultScenarios[] = {
    "streams",  "slow",    "sockets",   "updates",  "replies", "tables",
    "refusals", "leavers", "zero-copy", "shortage", "swarm"};

// Runs the scenario with this plan; `seed`: of the simulated kernel and the clients. Returns what
// was violated, one line each; empty: nothing. Crashes (CHECK) where the shard does.
//
// Always: every picture is whole, no client gets a wrong byte, nothing is left (descriptors,
// requests, memory of slabs, references to frames, places, counts), nothing is allocated, the loop
// does not spin, the server serves a newcomer, and stops in time. For single faults: clients whose
// calls did not fail get everything that they are owed.
std::string run_scenario(std::string_view name, uint64_t seed, FaultPlan& plan,
                         const Fault& fault = {}, SimCall call = SimCall::turn);

}  // namespace fanlight
