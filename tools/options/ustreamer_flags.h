// SPDX-License-Identifier: Apache-2.0
// ustreamer's flags: what ustreamer 4.9 to 6.x takes on its command line, in our words, so that
// what starts ustreamer (crowsnest, a unit file, a habit) can start Fanlight in its place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/options/setting.h"

namespace fanlight {

// One flag that is ustreamer's alone. Those that both have are in the option table.
struct UstreamerFlag {
  enum class Meaning {
    option,     // one of ours: `to` is its name
    place,      // a part of where to listen
    picture,    // flips, which we have as a rotation and a mirror
    control,    // a control of the camera: `to` is its name
    no_effect,  // is taken, and one line says why nothing comes of it: `to`
    refused,    // who asks for it must not get a server without it; `to` says what to do
  };
  std::string_view name;  // without dashes
  char letter;            // '\0': none
  bool takes_value;
  bool of_capture;  // who uses it means a camera, as ustreamer does, not the emulator
  Meaning meaning;
  std::string_view to;
};

std::span<const UstreamerFlag> ustreamer_flags();

// The letter that ustreamer has for an option of ours with the same name ('q' for "quality"), or
// '\0'.
char ustreamer_letter(std::string_view option);

// What ustreamer's command line says that ours says otherwise, of an option that both have: "HW"
// for "encoder" is "auto".
std::string ustreamer_value(std::string_view option, const std::string& text);

struct GivenUstreamerFlag {
  const UstreamerFlag* flag;
  std::string text;  // the last one counts, as with getopt(3)
};

// A command line in our words.
struct UstreamerTranslation {
  std::vector<Setting> settings;
  std::vector<std::string> notes;         // one line for each flag without effect
  std::optional<Setting> implied_source;  // /dev/video0, if nobody names another
};

// `is_ustreamer`: we were started under its name, and so have its defaults too; `says_where`: a
// flag of ours says where to listen. Throws StartError (usage).
UstreamerTranslation translate_ustreamer(const std::vector<GivenUstreamerFlag>& given,
                                         bool is_ustreamer, bool says_where);

}  // namespace fanlight
