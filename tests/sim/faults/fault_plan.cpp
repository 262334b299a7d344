// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/fault_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace fanlight {
namespace {

constexpr int kErrorsMax = 200;  // errno values are below
constexpr int64_t kDay = 86'400'000;

// Stalls shorter and longer than every limit of the scenarios; a suspended machine; a clock that
// was wrong, before and after NTP sets it.
constexpr Fault kTurnFaults[] = {
    {Fault::Kind::stall, 700},
    {Fault::Kind::stall, 3'000},
    {Fault::Kind::stall, 15'000},
    {Fault::Kind::jump, 1'500},
    {Fault::Kind::jump, 3'600'000},
    {Fault::Kind::wall_clock, kDay},
    {Fault::Kind::wall_clock, -kDay},
    {Fault::Kind::wall_clock, -1'000},
    {Fault::Kind::wall_clock, -19'000 * kDay},
};

// Every length of short transfers; of long ones the first and the last, and some between.
size_t next_length(size_t bytes, size_t total) {
  constexpr size_t kEdge = 700;
  if (bytes < kEdge || bytes + kEdge >= total) return bytes + 1;
  return std::min(bytes + bytes / 7, total - kEdge);
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::string to_text(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::none:
      return "none";
    case Fault::Kind::error:
      return error_name(static_cast<int>(fault.value));
    case Fault::Kind::errors:
      return error_name(static_cast<int>(fault.value)) + "*";
    case Fault::Kind::shortened:
      return fmt::format("short={}", fault.value);
    case Fault::Kind::stall:
      return fmt::format("stall={}", fault.value);
    case Fault::Kind::jump:
      return fmt::format("jump={}", fault.value);
    case Fault::Kind::wall_clock:
      return fmt::format("wall={}", fault.value);
  }
  return {};
}

std::optional<Fault> to_fault(std::string_view text) {
  if (const size_t equals = text.find('='); equals != text.npos) {
    const std::string_view name = text.substr(0, equals);
    const auto value = number(text.substr(equals + 1));
    if (!value) return {};
    if (name == "short") return Fault{Fault::Kind::shortened, *value};
    if (name == "stall") return Fault{Fault::Kind::stall, *value};
    if (name == "jump") return Fault{Fault::Kind::jump, *value};
    if (name == "wall") return Fault{Fault::Kind::wall_clock, *value};
    return {};
  }
  const bool repeated = text.ends_with('*');
  if (repeated) text.remove_suffix(1);
  for (int error = 1; error < kErrorsMax; ++error) {
    if (error_name(error) != text) continue;
    return Fault{repeated ? Fault::Kind::errors : Fault::Kind::error, error};
  }
  return {};
}

std::vector<Fault> faults_at(const CallSite& site) {
  if (site.call == SimCall::turn) return {std::begin(kTurnFaults), std::end(kTurnFaults)};
  std::vector<Fault> faults;
  for (const int error : errors_of(site.call)) faults.push_back({Fault::Kind::error, error});
  for (const int error : errors_of(site.call)) faults.push_back({Fault::Kind::errors, error});
  for (size_t bytes = 1; bytes < site.bytes; bytes = next_length(bytes, site.bytes)) {
    faults.push_back({Fault::Kind::shortened, static_cast<int64_t>(bytes)});
  }
  return faults;
}

Fault FaultPlan::next(SimCall call, uint64_t connection) {
  sites_.push_back({call, connection, 0});
  bytes_max_ = SIZE_MAX;
  const Fault fault = ended_ ? Fault{} : choose(call);
  if (fault.kind == Fault::Kind::none) return fault;
  if (fault.kind == Fault::Kind::shortened) {
    bytes_max_ = static_cast<size_t>(fault.value);
    return {};
  }
  ++injected_[static_cast<size_t>(call)];
  if (connection != 0) victims_.insert(connection);
  return fault;
}

Fault FaultPlan::choose(SimCall call) {
  // A turn may take many seconds, so that other faults would have no time to act.
  constexpr double kTurnShare = 0.02;
  const double share = call == SimCall::turn ? kTurnShare : 1;
  if (probability_ > 0 && random_.chance(probability_ * share)) return draw(call);
  if (sites_.size() - 1 == at_) {
    if (fault_.kind == Fault::Kind::errors) {
      repeated_ = call;
      repeats_left_ = kErrorsInARow;
    }
    return fault_;
  }
  if (repeated_ != call || repeats_left_ == 0) return {};
  if (spared_ > 0) {
    --spared_;
    return {};
  }
  --repeats_left_;
  return fault_;
}

Fault FaultPlan::draw(SimCall call) {
  if (call == SimCall::turn) return kTurnFaults[random_.below(std::size(kTurnFaults))];
  if (transfers(call) && random_.chance(0.8)) {
    return {Fault::Kind::shortened, static_cast<int64_t>(1 + random_.below(1'500))};
  }
  const std::span<const int> errors = errors_of(call);
  if (errors.empty()) return {};
  return {Fault::Kind::error, errors[random_.below(errors.size())]};
}

size_t FaultPlan::limit(size_t bytes) {
  sites_.back().bytes = bytes;
  if (bytes <= bytes_max_) return bytes;
  ++injected_[static_cast<size_t>(sites_.back().call)];
  return bytes_max_;
}

uint64_t FaultPlan::injected_in_all() const {
  return std::accumulate(injected_.begin(), injected_.end(), uint64_t{0});
}

}  // namespace fanlight
