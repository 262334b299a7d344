// SPDX-License-Identifier: Apache-2.0
// Plugin: finds and loads a part of the program that is a package of its own, because it is linked
// to a library that not everybody has.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// All are constants.
struct PluginName {
  std::string_view what;     // "libcamera", for errors
  std::string_view package;  // that installs it
  std::string_view needs;    // the package with which it is built
  const char* file;          // "fanlight-libcamera.so"
  const char* entry;         // the only symbol looked up in it: a function that never fails, and
                             // returns a table whose first member, const char*, is the version
};

// The plugin's table, of the first of `folders` that has the plugin; it stays loaded until the
// process ends, because libraries have threads and exit handlers of their own. Throws
// std::system_error: ENOENT when no folder has it, ELIBACC when it does not load (its library is
// missing), ELIBBAD when it is not a plugin, or one of another release: C++ classes are passed
// across, which may differ with every release. Any thread; a failure may be retried.
const void* load_plugin(const PluginName& name, std::span<const std::string> folders);

// Where the program looks for plugins: in its own folder, as in a build tree, then where they are
// installed.
std::vector<std::string> plugin_folders();

}  // namespace fanlight
