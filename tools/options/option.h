// SPDX-License-Identifier: Apache-2.0
// Option: one line of the option table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/options/options.h"

namespace fanlight {

// Options while they are read; cameras are assembled at the end.
struct OptionsDraft {
  Options options;
  CameraOptions single;  // the camera of --source and related flags
  bool single_is_shaped = false;
  std::vector<CameraOptions> cameras;
  std::vector<std::string> controls;
};

enum OptionTrait : unsigned {
  kText = 0,
  kNumber = 1,      // in the configuration file a bare number, or a text: 10, "10s", "auto"
  kToggle = 2,      // in the file true or false; on the command line the flag alone means on
  kRepeatable = 4,  // an array in the file
  kOfCameras = 8,   // describes a camera; the level that names a source decides about all of these
  kCommand = 16,    // not a property of the server, so not for the configuration file
  kReloadable = 32  // SIGHUP changes it while the server runs
};

// One line of the table. Defaults are texts: they are read like any other value, shown by --help,
// and printed by --print-config.
struct Option {
  std::string_view name;          // without dashes
  std::string_view type;          // "N|off", for --help; empty for a toggle
  std::string_view default_text;  // empty: none
  std::string help;
  unsigned traits = kText;
  // Throws std::invalid_argument: "'TEXT': what is expected". Called in the table's order.
  void (*set)(OptionsDraft& draft, const std::string& text) = nullptr;
  std::string_view group{};

  bool is(OptionTrait trait) const { return (traits & trait) != 0; }
};

}  // namespace fanlight
