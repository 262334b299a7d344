// SPDX-License-Identifier: Apache-2.0
#include "capture/source/control.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "capture/source/json_text.h"
#include "core/ascii.h"
#include "core/join.h"
#include "core/nearest_word.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

using Json = nlohmann::json;

// For a menu: whether its item `value` can be chosen.
bool has_item(const Control& control, int64_t value) {
  return value >= 0 && std::cmp_less(value, control.menu.size()) &&
         !control.menu[static_cast<size_t>(value)].empty();
}

int64_t resolve_menu(const Control& control, std::string_view text) {
  const std::optional<int64_t> number = to_number<int64_t>(text);
  if (number && has_item(control, *number)) return *number;
  for (size_t i = 0; i < control.menu.size() && !text.empty(); i++) {
    if (equals_ignoring_case(control.menu[i], text)) return static_cast<int64_t>(i);
  }
  std::string items;
  for (size_t i = 0; i < control.menu.size(); i++) {
    if (control.menu[i].empty()) continue;
    fmt::format_to(std::back_inserter(items), "{}{} ({})", items.empty() ? "" : ", ",
                   control.menu[i], i);
  }
  throw std::invalid_argument(
      fmt::format("{}: '{}' is not on the menu; available: {}", control.name, text, items));
}

int64_t resolve_boolean(const Control& control, std::string_view text) {
  if (text == "true" || text == "1") return 1;
  if (text == "false" || text == "0") return 0;
  throw std::invalid_argument(fmt::format("{}: '{}' is not true or false", control.name, text));
}

int64_t resolve_integer(const Control& control, std::string_view text) {
  const std::optional<int64_t> value = to_number<int64_t>(text);
  if (!value) {
    throw std::invalid_argument(fmt::format("{}: '{}' is not a whole number", control.name, text));
  }
  if (*value < control.minimum || *value > control.maximum) {
    throw std::invalid_argument(fmt::format("{}: {} is not within {}..{}", control.name, *value,
                                            control.minimum, control.maximum));
  }
  // Unsigned, because the difference of two int64_t may not fit into one.
  const uint64_t above = static_cast<uint64_t>(*value) - static_cast<uint64_t>(control.minimum);
  if (control.step > 1 && above % static_cast<uint64_t>(control.step) != 0) {
    throw std::invalid_argument(fmt::format("{}: {} is not {} plus a multiple of {}", control.name,
                                            *value, control.minimum, control.step));
  }
  return *value;
}

std::string_view type_name(ControlType type) {
  switch (type) {
    case ControlType::integer:
      return "integer";
    case ControlType::boolean:
      return "boolean";
    case ControlType::menu:
      return "menu";
  }
  return "";
}

std::string value_json(const Control& control, int64_t value) {
  return control.type == ControlType::boolean ? json_boolean(value != 0) : std::to_string(value);
}

std::string menu_json(const std::vector<std::string>& menu) {
  std::vector<std::string> items;
  for (size_t i = 0; i < menu.size(); i++) {
    if (menu[i].empty()) continue;
    items.push_back(json_object({{"value", std::to_string(i)}, {"text", json_string(menu[i])}}));
  }
  return json_array(items);
}

// Takes the settings from a JSON object as they are parsed, in their order: they take effect one
// after the other. A parsed tree would have to be freed (json_text.h), and of duplicate names it
// would have the last. The functions are those of nlohmann's SAX interface; false ends the parsing.
class SettingsReader {
 public:
  bool null() { return take("default"); }
  bool boolean(bool value) { return take(json_boolean(value)); }
  bool number_integer(int64_t value) { return take(std::to_string(value)); }
  bool number_unsigned(uint64_t value) { return take(std::to_string(value)); }
  bool number_float(double /*value*/, const std::string& /*text*/) { return take(std::nullopt); }
  bool string(const std::string& value) { return take(value); }
  bool binary(const Json::binary_t& /*value*/) { return take(std::nullopt); }
  bool start_object(size_t /*elements*/) {
    if (depth_ == 0) is_object_ = true;
    return begin();
  }
  bool start_array(size_t /*elements*/) { return begin(); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }
  bool key(const std::string& name) {
    if (depth_ == 1) name_ = name;
    if (depth_ == 1 && !names_.insert(name).second) {
      throw std::invalid_argument(fmt::format("duplicate '{}'", name));
    }
    return true;
  }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& /*error*/) {
    return false;
  }

  // Of a text that was parsed to its end. Throws std::invalid_argument.
  std::vector<ControlSetting> take_settings() {
    if (names_.empty()) {
      throw std::invalid_argument("not a JSON object with a control's name and value");
    }
    if (unusable_) {
      throw std::invalid_argument(
          fmt::format("{}: not a whole number, text, true, false or null", *unusable_));
    }
    return std::move(settings_);
  }

 private:
  // Nothing for a value that no control can have.
  bool take(std::optional<std::string> value) {
    if (depth_ != 1 || !is_object_) return true;
    if (value) settings_.push_back({name_, std::move(*value)});
    if (!value && !unusable_) unusable_ = name_;
    return true;
  }
  bool begin() {
    take(std::nullopt);
    ++depth_;
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }

  int depth_ = 0;           // of arrays and objects
  bool is_object_ = false;  // the text
  std::string name_;        // of the next setting
  std::set<std::string> names_;
  std::vector<ControlSetting> settings_;
  std::optional<std::string> unusable_;  // the first name whose value no control can have
};

}  // namespace

const Control& find_control(std::span<const Control> controls, std::string_view name) {
  const auto found = std::ranges::find(controls, name, &Control::name);
  if (found != controls.end()) return *found;
  if (controls.empty()) {
    throw std::invalid_argument(fmt::format("no control '{}': this camera has none", name));
  }
  std::vector<std::string_view> names;
  for (const Control& control : controls) names.push_back(control.name);
  const std::string question = did_you_mean(name, names);
  throw std::invalid_argument(
      question.empty() ? fmt::format("no control '{}'; available: {}", name, join(names, " "))
                       : fmt::format("no control '{}'{}", name, question));
}

int64_t resolve_control(const Control& control, std::string_view text) {
  if (control.is_read_only) {
    throw std::invalid_argument(fmt::format("{}: cannot be set", control.name));
  }
  if (text == "default") return control.default_value;
  switch (control.type) {
    case ControlType::menu:
      return resolve_menu(control, text);
    case ControlType::boolean:
      return resolve_boolean(control, text);
    case ControlType::integer:
      break;
  }
  return resolve_integer(control, text);
}

ControlSetting parse_control_setting(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size()) {
    throw std::invalid_argument(fmt::format("'{}' is not NAME=VALUE", text));
  }
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

std::vector<ControlSetting> parse_control_settings_json(std::string_view body) {
  SettingsReader reader;
  if (!Json::sax_parse(body, &reader)) throw std::invalid_argument("not JSON");
  return reader.take_settings();
}

std::string control_json(const Control& control) {
  JsonMembers row{{"name", json_string(control.name)},
                  {"type", json_string(type_name(control.type))},
                  {"value", value_json(control, control.value)},
                  {"default", value_json(control, control.default_value)}};
  if (control.type == ControlType::integer) {
    row.emplace_back("minimum", std::to_string(control.minimum));
    row.emplace_back("maximum", std::to_string(control.maximum));
    row.emplace_back("step", std::to_string(control.step));
  }
  if (control.type == ControlType::menu) row.emplace_back("items", menu_json(control.menu));
  row.emplace_back("active", json_boolean(control.is_active));
  row.emplace_back("read_only", json_boolean(control.is_read_only));
  return json_object(row);
}

}  // namespace fanlight
