// SPDX-License-Identifier: Apache-2.0
#include "tools/server/device_report.h"

#include <poll.h>
#include <pthread.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "capture/camera/device_json.h"
#include "core/check.h"
#include "core/log.h"

namespace fanlight {
namespace {

// udev(7) takes some milliseconds to set permissions and make links, and a camera has several nodes
// that appear one after another.
constexpr Duration kSettle = 500ms;
constexpr int kStopPatienceMs = 1000;

// Empty when the user has no inotify instance left, which does not keep the server from serving.
std::optional<DeviceWatch> watch_devices() {
  try {
    return std::make_optional<DeviceWatch>();
  } catch (const std::system_error& error) {
    log_warning("the list of devices is not kept up to date: {}", error.what());
    return std::nullopt;
  }
}

}  // namespace

DeviceReport::DeviceReport(SharedText& text, std::vector<LibcameraCamera> libcamera)
    : text_(text),
      libcamera_(std::move(libcamera)),
      watch_(watch_devices()),
      thread_([this] { run(); }) {}

DeviceReport::~DeviceReport() {
  clock_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool DeviceReport::stop() noexcept {
  clock_.request_stop();
  pollfd ended{ended_.fd(), POLLIN, 0};
  while (::poll(&ended, 1, kStopPatienceMs) < 0) CHECK(errno == EINTR);
  if (ended.revents == 0) return false;
  thread_.join();
  return true;
}

void DeviceReport::run() noexcept {
  ::pthread_setname_np(::pthread_self(), "devices");
  try {
    write();
    while (!clock_.stop_requested()) {
      wait_for_devices();
      if (!clock_.stop_requested()) write();
    }
  } catch (const std::exception& error) {
    log_warning("the list of devices is not kept up to date: {}", error.what());
  }
  ended_.wake();
}

// Until a device has appeared or disappeared, or a stop is requested.
void DeviceReport::wait_for_devices() noexcept {
  const int fd = watch_ ? watch_->fd() : -1;
  for (;;) {
    const Wake wake = clock_.wait(fd, POLLIN, kNever);
    if (wake == Wake::stop) return;
    if (wake == Wake::ready && watch_->drain()) break;
  }
  clock_.wait_until(clock_.now() + kSettle);
  watch_->drain();
}

void DeviceReport::write() {
  if (text_.set(list_devices_json(libcamera_))) return;
  log_warning("the cameras have too many formats and controls for /api/v1/state");
}

}  // namespace fanlight
