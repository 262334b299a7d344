// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_plugin.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <cerrno>
#include <filesystem>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include "core/descriptor_reserve.h"
#include "core/join.h"

namespace fanlight {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::system_category(), "libcamera: " + what);
}

// dlerror(3)'s text names the file.
[[noreturn]] void fail_to_load(int error) {
  const char* reason = ::dlerror();
  fail(error, reason != nullptr ? reason : "unknown error of the dynamic linker");
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

// RTLD_LOCAL separates the symbols of libcamera and its dependencies from ours. The plugin's
// undefined symbols are the program's, which exports them (ENABLE_EXPORTS).
const LibcameraPlugin& load_libcamera_plugin(std::span<const std::string> folders) {
  std::string path;
  for (const std::string& folder : folders) {
    path = folder + "/" + kLibcameraPluginFile;
    std::error_code error;
    if (std::filesystem::exists(path, error)) break;
    path.clear();
  }
  if (path.empty()) {
    fail(ENOENT, fmt::format("its plugin is a separate package (fanlight-libcamera), or is "
                             "built when libcamera-dev is installed; no {} in {}",
                             kLibcameraPluginFile, join(folders, " or ")));
  }
  void* plugin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (plugin == nullptr) fail_to_load(ELIBACC);
  void* symbol = ::dlsym(plugin, kLibcameraPluginEntry);
  if (symbol == nullptr) fail_to_load(ELIBBAD);
  const LibcameraPlugin& table = *reinterpret_cast<LibcameraPluginEntry>(symbol)();
  if (std::string_view(table.version) != FANLIGHT_VERSION) {
    fail(ELIBBAD, fmt::format("{} is from Fanlight {}, this is {}; install both from one release",
                              path, table.version, FANLIGHT_VERSION));
  }
  return table;
}

std::vector<std::string> libcamera_plugin_folders() {
  std::vector<std::string> folders;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path());
  folders.push_back(FANLIGHT_PLUGIN_FOLDER);
  return folders;
}

std::unique_ptr<Source> open_libcamera_source(std::string_view argument,
                                              const SourceOptions& options, CameraClock& clock) {
  const LibcameraPlugin& plugin = load_libcamera_plugin(libcamera_plugin_folders());
  check_room();
  return plugin.open(argument, options, clock);
}

std::vector<LibcameraCamera> list_libcamera_cameras() {
  const LibcameraPlugin& plugin = load_libcamera_plugin(libcamera_plugin_folders());
  check_room();
  return plugin.list();
}

}  // namespace fanlight
