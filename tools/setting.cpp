// SPDX-License-Identifier: Apache-2.0
#include "tools/setting.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <stdexcept>

#include "tools/option_table.h"

namespace fanlight {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
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
          fmt::format("'{}': no control characters are expected", setting.text));
    }
    setting.option->set(draft, setting.text);
  } catch (const std::invalid_argument& error) {
    throw StartError(setting.blame, fmt::format("{} {}", setting.where, error.what()));
  }
}

std::string environment_name(std::string_view option) {
  std::string name = "FANLIGHT_";
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
  return settings;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control);
}

}  // namespace fanlight
