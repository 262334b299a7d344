// SPDX-License-Identifier: Apache-2.0
// PressureWatch: has the cameras give up what Relief says while the processor is overloaded.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/time.h"
#include "http/state/server_state.h"
#include "tools/pressure/pressure_gauge.h"
#include "tools/pressure/relief.h"
#include "tools/server/running_camera.h"

namespace fanlight {

// Owns: the gauge and the level; borrows the rest. Thread: main's. Does not allocate.
class PressureWatch {
 public:
  static constexpr Duration kPeriod = 1s;

  // Before the sandbox is entered. `cpu_max`: the share of --max-cpu; empty: nothing is measured.
  explicit PressureWatch(std::optional<double> cpu_max);

  // How often tick() has to be called at least; empty: it need not be.
  std::optional<Duration> period() const noexcept {
    return gauge_ ? std::optional(kPeriod) : std::nullopt;
  }

  // Does something at most once in kPeriod.
  void tick(ReliefFigures& figures, const std::vector<std::unique_ptr<RunningCamera>>& cameras,
            Instant now) noexcept;

 private:
  void say(const Pressure& pressure, unsigned before) const noexcept;

  std::optional<PressureGauge> gauge_;
  Relief relief_;
  Instant next_at_{};
};

}  // namespace fanlight
