// SPDX-License-Identifier: Apache-2.0
#include "capture/source/camera_thread.h"

#include <poll.h>
#include <pthread.h>

#include <cerrno>
#include <utility>

#include "core/check.h"

namespace fanlight {

void CameraThread::start(const char* name, std::function<void()> body) {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this, name, run = std::move(body)] {
    ::pthread_setname_np(::pthread_self(), name);
    run();
    ended_.wake();
  });
}

void CameraThread::stop() noexcept {
  if (!thread_.joinable()) return;
  clock_.request_stop();
  thread_.join();
}

bool CameraThread::stop_within(Duration patience) noexcept {
  if (!thread_.joinable()) return true;
  clock_.request_stop();
  pollfd ended{ended_.fd(), POLLIN, 0};
  while (::poll(&ended, 1, static_cast<int>(patience / 1ms)) < 0) CHECK(errno == EINTR);
  if (ended.revents == 0) return false;
  thread_.join();
  return true;
}

}  // namespace fanlight
