// SPDX-License-Identifier: Apache-2.0
#include "tools/options/read_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tools/options/config_file.h"
#include "tools/options/option_table.h"
#include "tools/options/password_file.h"
#include "tools/options/source_spec.h"
#include "tools/options/tls_options.h"

namespace fanlight {
namespace {

// In descending order of precedence.
using Levels = std::array<Settings, 3>;

bool says(const Settings& level, const Option& option) {
  return std::any_of(level.values.begin(), level.values.end(),
                     [&](const Setting& setting) { return setting.option == &option; });
}

// The value of a single-valued option, from the first level that sets it.
std::string find_text(const Levels& levels, std::string_view name) {
  for (const Settings& level : levels) {
    for (const Setting& setting : level.values) {
      if (setting.option->name == name) return setting.text;
    }
  }
  return {};
}

// How many levels contribute to the options of cameras.
size_t levels_for_cameras(const Levels& levels) {
  const auto first = std::find_if(levels.begin(), levels.end(),
                                  [](const Settings& level) { return level.names_a_source(); });
  return first == levels.end() ? levels.size() : static_cast<size_t>(first - levels.begin()) + 1;
}

void apply_option(const Option& option, const Levels& levels, size_t asked, OptionsDraft& draft) {
  OptionTexts in_force{&option, {}};
  const auto level = std::find_if(levels.begin(), levels.begin() + asked,
                                  [&](const Settings& each) { return says(each, option); });
  if (level != levels.begin() + asked) {
    for (const Setting& setting : level->values) {
      if (setting.option != &option) continue;
      apply_setting(draft, setting);
      in_force.texts.push_back(setting.text);
    }
  } else if (!option.default_text.empty() && !option.is(kOfCameras)) {
    in_force.texts.emplace_back(option.default_text);
    option.set(draft, in_force.texts.back());
  } else if (option.is(kToggle)) {
    in_force.texts.emplace_back("off");
  }
  if (!option.is(kOfCameras) && !option.is(kCommand)) {
    draft.options.in_force.push_back(std::move(in_force));
  }
}

// Combines the settings of cameras. A mistake in how they fit together is attributed to the file if
// the file names the source.
void put_cameras(OptionsDraft& draft, const std::string& file) {
  try {
    draft.options.cameras = put_cameras_together(std::move(draft.single), draft.single_is_shaped,
                                                 std::move(draft.cameras), draft.controls);
  } catch (const StartError& error) {
    if (draft.options.blame_for_cameras != ExitCode::config) throw;
    throw StartError(ExitCode::config, fmt::format("{}: {}", file, error.what()));
  }
}

bool has_secrets(const std::vector<CameraOptions>& cameras) {
  return std::any_of(cameras.begin(), cameras.end(), [](const CameraOptions& camera) {
    return has_secret(camera.source) || has_secret(camera.publish) ||
           !camera.upstream.headers.empty();
  });
}

}  // namespace

Options read_options(const CommandLine& flags) {
  Levels levels{flags.settings, read_environment(), {}};
  const std::string file = find_text(levels, "config");
  if (!file.empty()) levels[2] = read_config_file(file);
  const bool given = std::any_of(levels.begin(), levels.end(),
                                 [](const Settings& level) { return level.names_a_source(); });
  if (!given && flags.implied_source) levels[0].values.push_back(*flags.implied_source);
  const bool from_file = given && levels_for_cameras(levels) == levels.size();

  OptionsDraft draft;
  for (const Option& option : option_table()) {
    const size_t asked = option.is(kOfCameras) ? levels_for_cameras(levels) : levels.size();
    apply_option(option, levels, asked, draft);
  }
  if (from_file) {
    for (CameraOptions& camera : levels[2].cameras) draft.cameras.push_back(std::move(camera));
    draft.options.blame_for_cameras = ExitCode::config;
  }
  draft.options.source_was_given = given || flags.implied_source.has_value();
  if (!file.empty() && !draft.options.source_was_given) {
    throw StartError(ExitCode::config,
                     fmt::format("{}: no source; source = \"auto\" shows the first camera "
                                 "found, and [camera.NAME] begins one of several",
                                 file));
  }
  put_cameras(draft, file);
  check_tls(draft.options, file.empty() ? ExitCode::usage : ExitCode::config);
  draft.options.notes = std::move(levels[1].notes);
  if (from_file && is_readable_by_all(file) && has_secrets(draft.options.cameras)) {
    draft.options.notes.push_back(
        fmt::format("{} has a camera's password, and every user of this machine can read it; with "
                    "password-file = \"FILE\" in the camera's table it is kept apart",
                    file));
  }
  return std::move(draft.options);
}

}  // namespace fanlight
