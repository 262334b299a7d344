// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_plugin.h"

#include <fmt/core.h>

#include <cerrno>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include "capture/source/plugin.h"
#include "core/descriptor_reserve.h"

namespace fanlight {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::system_category(), "libcamera: " + what);
}

// libcamera ends the process when it finds no descriptor for one of its threads, and waits forever
// for a thread that it could not create. This is enough for them and for the devices of the boards
// that we know.
constexpr size_t kDescriptors = 32;
constexpr size_t kThreads = 4;

// Throws std::system_error (EMFILE, EAGAIN) when there is too little for libcamera to start.
void check_room() {
  std::latch enough(1);
  std::vector<std::jthread> threads;
  try {
    const DescriptorReserve descriptors(kDescriptors);
    while (threads.size() < kThreads) threads.emplace_back([&enough] { enough.wait(); });
    enough.count_down();
  } catch (const std::system_error& error) {
    enough.count_down();
    fail(error.code().value(),
         fmt::format("it needs {} descriptors and {} threads", kDescriptors, kThreads));
  }
}

}  // namespace

const LibcameraPlugin& load_libcamera_plugin(std::span<const std::string> folders) {
  constexpr PluginName kName{.what = "libcamera",
                             .package = "fanlight-libcamera",
                             .needs = "libcamera-dev",
                             .file = "fanlight-libcamera.so",
                             .entry = "fanlight_libcamera_plugin"};
  return *static_cast<const LibcameraPlugin*>(load_plugin(kName, folders));
}

std::unique_ptr<Source> open_libcamera_source(std::string_view argument,
                                              const SourceOptions& options, CameraClock& clock) {
  const LibcameraPlugin& plugin = load_libcamera_plugin(plugin_folders());
  check_room();
  return plugin.open(argument, options, clock);
}

std::vector<LibcameraCamera> list_libcamera_cameras() {
  const LibcameraPlugin& plugin = load_libcamera_plugin(plugin_folders());
  check_room();
  return plugin.list();
}

}  // namespace fanlight
