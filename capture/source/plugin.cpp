// SPDX-License-Identifier: Apache-2.0
#include "capture/source/plugin.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/join.h"

namespace fanlight {
namespace {

[[noreturn]] void fail(const PluginName& name, int error, std::string_view words) {
  throw std::system_error(error, std::system_category(), fmt::format("{}: {}", name.what, words));
}

// dlerror(3)'s text names the file.
[[noreturn]] void fail_to_load(const PluginName& name, int error) {
  const char* reason = ::dlerror();
  fail(name, error, reason != nullptr ? reason : "unknown error of the dynamic linker");
}

}  // namespace

// RTLD_LOCAL separates the symbols of the library and its dependencies from ours. The plugin's
// undefined symbols are the program's, which exports them (ENABLE_EXPORTS).
const void* load_plugin(const PluginName& name, std::span<const std::string> folders) {
  std::string path;
  for (const std::string& folder : folders) {
    path = fmt::format("{}/{}", folder, name.file);
    std::error_code error;
    if (std::filesystem::exists(path, error)) break;
    path.clear();
  }
  if (path.empty()) {
    fail(name, ENOENT,
         fmt::format("its plugin is a separate package ({}), or is built when {} is installed; no "
                     "{} in {}",
                     name.package, name.needs, name.file, join(folders, " or ")));
  }
  void* plugin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (plugin == nullptr) fail_to_load(name, ELIBACC);
  void* symbol = ::dlsym(plugin, name.entry);
  if (symbol == nullptr) fail_to_load(name, ELIBBAD);
  const void* table = reinterpret_cast<const void* (*)()>(symbol)();
  const std::string_view version = *static_cast<const char* const*>(table);
  if (version != FANLIGHT_VERSION) {
    fail(name, ELIBBAD,
         fmt::format("{} is from Fanlight {}, this is {}; install both from one release", path,
                     version, FANLIGHT_VERSION));
  }
  return table;
}

std::vector<std::string> plugin_folders() {
  std::vector<std::string> folders;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path());
  folders.push_back(FANLIGHT_PLUGIN_FOLDER);
  return folders;
}

}  // namespace fanlight
