// SPDX-License-Identifier: Apache-2.0
#include "capture/source/camera_clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "core/check.h"

namespace fanlight {

void SystemCameraClock::request_stop() noexcept {
  stopped_.store(true);
  stop_.wake();
}

// ppoll(2) instead of poll(2): rounding to whole milliseconds would be visible at 60 fps.
Wake SystemCameraClock::wait(std::span<pollfd> waits, Instant deadline) noexcept {
  CHECK(waits.size() <= kWaitsMax);
  std::array<pollfd, 2 + kWaitsMax> all{{{stop_.fd(), POLLIN, 0}, {interrupts().fd(), POLLIN, 0}}};
  std::copy(waits.begin(), waits.end(), all.begin() + 2);
  for (;;) {
    timespec timeout{};
    if (deadline != kNever) {
      const Duration left = std::max(deadline - now(), Duration::zero());
      timeout.tv_sec = static_cast<time_t>(left / 1s);
      timeout.tv_nsec = static_cast<long>((left % 1s).count());
    }
    const int ready =
        ::ppoll(all.data(), 2 + waits.size(), deadline == kNever ? nullptr : &timeout, nullptr);
    if (ready < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    if (all[0].revents != 0) return Wake::stop;
    std::copy_n(all.begin() + 2, waits.size(), waits.begin());
    const int others = all[1].revents != 0 ? 1 : 0;
    if (ready > others) return Wake::ready;
    if (others > 0) {
      interrupts().drain();
      return Wake::interrupted;
    }
    if (ready == 0) return Wake::deadline;
  }
}

}  // namespace fanlight
