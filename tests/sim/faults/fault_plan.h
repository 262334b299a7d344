// SPDX-License-Identifier: Apache-2.0
// FaultPlan: which calls of a simulated run fail, and how.
//
// A run without faults is repeated exactly by its seed, so its calls can be counted: the n-th call
// is a call site, and a fault at it is a case that can be repeated by its text, for example
// "120 ENOBUFS".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/time.h"
#include "tests/sim/faults/sim_call.h"

namespace fanlight {

// What goes wrong at a call site.
struct Fault {
  enum class Kind : uint8_t {
    none,
    error,       // the call fails with errno `value`
    errors,      // so do the next 50 of this kind, as while memory is short
    shortened,   // at most `value` bytes are taken or returned
    stall,       // the shard is not scheduled for `value` ms, while the world goes on
    jump,        // the monotonic clock advances by `value` ms, in which nothing happens
    wall_clock,  // the wall clock is set forward by `value` ms, or back
  };
  Kind kind = Kind::none;
  int64_t value = 0;

  bool operator==(const Fault&) const = default;
};

// "ENOBUFS", "ENOBUFS*", "short=17", "stall=3000", "jump=3600000", "wall=-86400000".
std::string to_text(const Fault& fault);
std::optional<Fault> to_fault(std::string_view text);

// A call of the run, in order.
struct CallSite {
  SimCall call = SimCall::turn;
  uint64_t connection = 0;  // number in the network; 0: none
  size_t bytes = 0;         // that a send or receive can transfer

  bool operator==(const CallSite&) const = default;
};

// All faults that are tried alone at this site.
std::vector<Fault> faults_at(const CallSite& site);

// Owns: the record of call sites. Thread: one.
class FaultPlan {
 public:
  static constexpr unsigned kErrorsInARow = 50;

  FaultPlan() = default;
  // One fault, at the n-th call, from 0.
  FaultPlan(size_t at, const Fault& fault) : at_(at), fault_(fault) {}
  // From the n-th call of this kind, from 0, so many in a row.
  FaultPlan(SimCall call, size_t nth, const Fault& fault, unsigned in_a_row = 1)
      : fault_(fault), repeated_(call), spared_(nth), repeats_left_(in_a_row) {}
  // Each call fails with this probability, with any of its faults.
  FaultPlan(uint64_t seed, double probability) : random_(seed), probability_(probability) {}

  // The fault for the call that is being made; a shortened transfer is left to limit().
  Fault next(SimCall call, uint64_t connection);
  // The bytes that the call made last, a send or receive of `bytes`, transfers.
  size_t limit(size_t bytes);

  // From now on nothing fails.
  void end() { ended_ = true; }

  double probability() const { return probability_; }
  const std::vector<CallSite>& sites() const { return sites_; }
  // How many faults were injected, by call.
  const std::array<uint64_t, kSimCalls>& injected() const { return injected_; }
  uint64_t injected_in_all() const;
  // The connections whose calls failed.
  const std::set<uint64_t>& victims() const { return victims_; }
  void add_victim(uint64_t connection) { victims_.insert(connection); }

 private:
  Fault choose(SimCall call);
  Fault draw(SimCall call);

  size_t at_ = SIZE_MAX;
  Fault fault_{};
  Random random_{0};
  double probability_ = 0;
  bool ended_ = false;

  std::optional<SimCall> repeated_;  // of Kind::errors
  size_t spared_ = 0;                // calls of that kind before the first that fails
  unsigned repeats_left_ = 0;
  size_t bytes_max_ = SIZE_MAX;  // of the current call
  std::vector<CallSite> sites_;
  std::array<uint64_t, kSimCalls> injected_{};
  std::set<uint64_t> victims_;
};

}  // namespace fanlight
