// SPDX-License-Identifier: Apache-2.0
// uvc_camera [PRODUCT [SERIAL]]: a USB camera emulated by a program. The kernel's own USB and
// camera drivers use it through the virtual controller of USB/IP (modprobe vhci_hcd uvcvideo;
// root).
//
// It is plugged in at start and reads commands from standard input, one a line; it exits at the end
// of its input. It prints events to standard output, one a line.
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "core/time.h"
#include "tests/vm/uvc/camera_device.h"

namespace {

using namespace fanlight;

void tell(std::string_view event) {
  fmt::print("{}\n", event);
  std::fflush(stdout);
}

// False if standard input has ended. `rest`: the beginning of an incomplete line.
bool take_commands(CameraDevice& camera, std::string& rest) {
  char data[256];
  const ssize_t count = read(STDIN_FILENO, data, sizeof data);
  if (count <= 0) return false;
  rest.append(data, static_cast<size_t>(count));
  for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
    camera.command(std::string_view(rest).substr(0, end));
  }
  return true;
}

void run(CameraDevice& camera) {
  std::string rest;
  while (true) {
    pollfd polled[] = {{STDIN_FILENO, POLLIN, 0}, {camera.fd(), POLLIN, 0}};
    int timeout_milliseconds = -1;
    if (const Instant at = camera.wakes_at(); at != kNever) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - read_monotonic_clock());
      timeout_milliseconds = static_cast<int>(std::max<int64_t>(left.count(), 0));
    }
    poll(polled, 2, timeout_milliseconds);
    if (polled[0].revents != 0 && !take_commands(camera, rest)) return;
    if (polled[1].revents != 0 && polled[1].fd == camera.fd()) camera.on_request();
    camera.on_time(read_monotonic_clock());
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CameraOffer offer;
    if (argc > 1) offer.product = argv[1];
    if (argc > 2) offer.serial = argv[2];
    CameraDevice camera(std::move(offer), tell);
    camera.command("plug");
    run(camera);
  } catch (const std::exception& error) {
    fmt::print(stderr, "uvc_camera: {}\n", error.what());
    return 1;
  }
}
