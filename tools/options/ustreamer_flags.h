// SPDX-License-Identifier: Apache-2.0
// ustreamer's flags: translates the command line of ustreamer 4.9 to 6.x into our options, so that
// anything that starts ustreamer (crowsnest, a unit file, a habit) can start Fanlight instead.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/options/setting.h"

namespace fanlight {

// One flag that only ustreamer has. Those that both have are in the option table.
struct UstreamerFlag {
  enum class Meaning {
    option,     // one of ours: `to` is its name
    place,      // a part of the listen address
    picture,    // flips, which are a rotation and a mirror here
    control,    // a control of the camera: `to` is its name
    no_effect,  // accepted, and one line gives the reason it has no effect: `to`
    refused,    // ignoring it would be dangerous, so the start fails; `to` says what to do
  };
  std::string_view name;  // without dashes
  char letter;            // '\0': none
  bool takes_value;
  bool of_capture;  // implies a camera, as in ustreamer, not the emulator
  Meaning meaning;
  std::string_view to;
};

std::span<const UstreamerFlag> ustreamer_flags();

// ustreamer's letter for an option of ours with the same name ('q' for "quality"), or '\0'.
char ustreamer_letter(std::string_view option);

// Translates a value of an option that both have but write differently: "HW" for "encoder" is
// "auto".
std::string ustreamer_value(std::string_view option, const std::string& text);

struct GivenUstreamerFlag {
  const UstreamerFlag* flag;
  std::string text;  // the last one counts, as with getopt(3)
};

// The command line as our options.
struct UstreamerTranslation {
  std::vector<Setting> settings;
  std::vector<std::string> notes;         // one line for each flag without effect
  std::optional<Setting> implied_source;  // /dev/video0, if no source is given
};

// `is_ustreamer`: started under ustreamer's name, so with its defaults too; `says_where`: a flag of
// ours gives a listen address. Throws StartError (usage).
UstreamerTranslation translate_ustreamer(const std::vector<GivenUstreamerFlag>& given,
                                         bool is_ustreamer, bool says_where);

}  // namespace fanlight
