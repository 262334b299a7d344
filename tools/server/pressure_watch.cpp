// SPDX-License-Identifier: Apache-2.0
#include "tools/server/pressure_watch.h"

#include "core/log.h"

namespace fanlight {
namespace {

RungRelief rungs_at(unsigned level) {
  if (level == 0) return RungRelief::none;
  return level < Relief::kNoRungs ? RungRelief::few : RungRelief::all;
}

}  // namespace

PressureWatch::PressureWatch(std::optional<double> cpu_max) : relief_(cpu_max.value_or(1)) {
  if (cpu_max) gauge_.emplace();
}

void PressureWatch::tick(ReliefFigures& figures,
                         const std::vector<std::unique_ptr<RunningCamera>>& cameras,
                         Instant now) noexcept {
  if (!gauge_ || now < next_at_) return;
  next_at_ = now + kPeriod - kPeriod / 10;  // the timer is not exact
  const Pressure pressure = gauge_->read(now);
  const unsigned before = relief_.level();
  const unsigned level = relief_.note(pressure, now);
  figures.level.set(level);
  figures.cpu_permille.set(static_cast<uint64_t>(pressure.cpu * 1000));
  figures.is_hot.set(pressure.is_hot ? 1 : 0);
  // Those of a directory may be new.
  for (const auto& camera : cameras) {
    if (camera->ladder) camera->ladder->set_relief(rungs_at(level));
    if (camera->loop) camera->loop->keep_every(relief_.keep_every());
  }
  if (level != before) say(pressure, before);
}

// Once when it begins and once when it is over, however long it lasts.
void PressureWatch::say(const Pressure& pressure, unsigned before) const noexcept {
  if (before == 0) {
    log_warning("{:.0f} % of {} in use{}: giving up smaller pictures, then some of all (--max-cpu)",
                pressure.cpu * 100, gauge_->subject(),
                pressure.is_hot ? ", and the processor is too hot" : "");
  } else if (relief_.level() == 0) {
    log_info("{:.0f} % of {} in use: nothing is given up any more", pressure.cpu * 100,
             gauge_->subject());
  } else {
    log_debug("relief level {}, {:.0f} % in use", relief_.level(), pressure.cpu * 100);
  }
}

}  // namespace fanlight
