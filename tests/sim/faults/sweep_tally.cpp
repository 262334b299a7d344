// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/sweep_tally.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <new>

#include "core/check.h"

namespace fanlight {

SweepTally& SweepTally::make_shared() {
  void* const memory = ::mmap(nullptr, sizeof(SweepTally), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return *new (memory) SweepTally{};
}

void SweepTally::add_site(SimCall call) {
  ++rows[static_cast<size_t>(call)].sites;
}

void SweepTally::add(const FaultPlan& plan, bool storm, const Fault& fault) {
  for (size_t i = 0; i < kSimCalls; ++i) {
    Row& row = rows[i];
    const uint64_t count = plan.injected()[i];
    if (storm) {
      row.storms += count;
    } else if (fault.kind == Fault::Kind::error) {
      row.errors += count;
    } else if (fault.kind == Fault::Kind::errors) {
      row.repeated += count;
    } else if (fault.kind == Fault::Kind::shortened) {
      row.shortened += count;
    } else {
      row.time += count;
    }
  }
}

uint64_t SweepTally::faults() const {
  uint64_t sum = 0;
  for (const Row& row : rows) {
    sum += row.errors + row.repeated + row.shortened + row.time + row.storms;
  }
  return sum;
}

std::string SweepTally::report() const {
  std::string text = fmt::format("{:<20}{:>8}{:>8}{:>10}{:>10}{:>10}{:>8}{:>10}\n", "call", "sites",
                                 "errnos", "errors", "in a row", "lengths", "times", "in storms");
  for (size_t i = 0; i < kSimCalls; ++i) {
    const Row& row = rows[i];
    text +=
        fmt::format("{:<20}{:>8}{:>8}{:>10}{:>10}{:>10}{:>8}{:>10}\n", name_of(SimCall(i)),
                    row.sites.load(), errors_of(SimCall(i)).size(), row.errors.load(),
                    row.repeated.load(), row.shortened.load(), row.time.load(), row.storms.load());
  }
  return text;
}

}  // namespace fanlight
