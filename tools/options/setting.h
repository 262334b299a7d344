// SPDX-License-Identifier: Apache-2.0
// Setting: one value of an option, and where it was set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/flags/exit_code.h"
#include "tools/options/camera_options.h"

namespace fanlight {

struct Option;
struct OptionsDraft;

struct Setting {
  const Option* option = nullptr;
  std::string text;
  std::string where;  // "--fps", "FANLIGHT_FPS", "fanlight.toml:3: fps:"
  ExitCode blame = ExitCode::usage;
};

// The settings of one level: the flags, the environment or the configuration file.
struct Settings {
  std::vector<Setting> values;
  std::vector<CameraOptions> cameras;  // tables of the configuration file
  std::vector<std::string> notes;      // to be logged, about settings without effect

  // Whether it gives a source.
  bool names_a_source() const;
};

// Throws StartError: "WHERE 'TEXT': what is expected".
void apply_setting(OptionsDraft& draft, const Setting& setting);

// The settings of the environment: "FANLIGHT_HEADER_TIMEOUT" for --header-timeout. Empty variables
// are ignored. Other variables with this prefix: one that looks like a misspelt option throws
// StartError (usage), since a typo must not be the reason why a camera is not shown; the rest are
// noted, since Kubernetes makes some for a service of our name.
Settings read_environment();
std::string environment_name(std::string_view option);

// ASCII control characters, which are in no value that is meant.
bool has_control_characters(std::string_view text);

}  // namespace fanlight
