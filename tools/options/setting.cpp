// SPDX-License-Identifier: Apache-2.0
#include "tools/options/setting.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <stdexcept>

#include "core/nearest_word.h"
#include "tools/options/option_table.h"
#include "tools/options/source_spec.h"

namespace fanlight {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr std::string_view kPrefix = "FANLIGHT_";
constexpr std::string_view kOfTheBuild = "FANLIGHT_LIBCAMERA";  // tools/run passes it on

// Variables with our prefix that match no option.
std::vector<std::string> unknown_variables() {
  std::vector<std::string> unknown;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable(*each);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with(kPrefix) || name.size() + 1 >= variable.size()) continue;
    const bool is_known =
        name == kOfTheBuild || std::ranges::any_of(option_table(), [&](const Option& option) {
          return environment_name(option.name) == name;
        });
    if (!is_known) unknown.emplace_back(name);
  }
  return unknown;
}

std::vector<std::string> note_unknown_variables() {
  std::vector<std::string> names;
  for (const Option& option : option_table()) names.push_back(environment_name(option.name));
  std::vector<std::string_view> endings;
  for (const std::string& name : names)
    endings.push_back(std::string_view(name).substr(kPrefix.size()));
  std::vector<std::string> notes;
  for (const std::string& name : unknown_variables()) {
    const std::string question =
        did_you_mean(std::string_view(name).substr(kPrefix.size()), endings, kPrefix);
    const std::string line = fmt::format("{}: no such variable{}", name, question);
    if (!question.empty()) throw StartError(ExitCode::usage, line);
    notes.push_back(line + "; it has no effect");
  }
  return notes;
}

}  // namespace

bool Settings::names_a_source() const {
  return !cameras.empty() || std::any_of(values.begin(), values.end(), [](const Setting& each) {
    return each.option->name == "source" || each.option->name == "camera";
  });
}

void apply_setting(OptionsDraft& draft, const Setting& setting) {
  try {
    if (has_control_characters(setting.text)) {
      throw std::invalid_argument(
          fmt::format("'{}': control characters are not allowed", shown_source(setting.text)));
    }
    setting.option->set(draft, setting.text);
  } catch (const std::invalid_argument& error) {
    throw StartError(setting.blame, fmt::format("{} {}", setting.where, error.what()));
  }
}

std::string environment_name(std::string_view option) {
  std::string name(kPrefix);
  for (const char c : option) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Settings read_environment() {
  Settings settings;
  for (const Option& option : option_table()) {
    const std::string name = environment_name(option.name);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    settings.values.push_back({&option, value, name, ExitCode::usage});
  }
  settings.notes = note_unknown_variables();
  return settings;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control);
}

}  // namespace fanlight
