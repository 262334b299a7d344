// SPDX-License-Identifier: Apache-2.0
#include "capture/camera_clock.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "core/check.h"

namespace fanlight {

void SystemCameraClock::request_stop() noexcept {
  stopped_.store(true);
  stop_.wake();
}

// ppoll(2) instead of poll(2): a whole millisecond of rounding would be visible at 60 fps.
Wake SystemCameraClock::wait(int fd, short events, Instant deadline) noexcept {
  pollfd waits[] = {{stop_.fd(), POLLIN, 0}, {fd, events, 0}};
  for (;;) {
    timespec timeout{};
    if (deadline != kNever) {
      const Duration left = std::max(deadline - now(), Duration::zero());
      timeout.tv_sec = static_cast<time_t>(left / 1s);
      timeout.tv_nsec = static_cast<long>((left % 1s).count());
    }
    const int ready = ::ppoll(waits, 2, deadline == kNever ? nullptr : &timeout, nullptr);
    if (ready < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    if (waits[0].revents != 0) return Wake::stop;
    if (waits[1].revents != 0) return Wake::ready;
    if (ready == 0) return Wake::deadline;
  }
}

}  // namespace fanlight
