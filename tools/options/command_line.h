// SPDX-License-Identifier: Apache-2.0
// Command line: reads the flags, ours and ustreamer's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/options/setting.h"

namespace fanlight {

struct CommandLine {
  Settings settings;
  std::vector<std::string> notes;         // to be logged, about flags without effect
  std::optional<Setting> implied_source;  // if no source is given
};

// Empty for --help or --version, which has then been printed on standard output. Throws StartError
// (usage) with one line that names the flag; the values are not checked yet.
std::optional<CommandLine> read_command_line(int argc, const char* const* argv);

}  // namespace fanlight
