// SPDX-License-Identifier: Apache-2.0
#include "capture/source/control.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "core/ascii.h"
#include "core/join.h"
#include "core/nearest_word.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Keeps the order of the text: settings take effect one after the other.
using Json = nlohmann::ordered_json;

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

Json value_json(const Control& control, int64_t value) {
  return control.type == ControlType::boolean ? Json(value != 0) : Json(value);
}

// The text of a setting with the value `value`; nothing for a value that no control can have.
std::optional<std::string> setting_text(const Json& value) {
  if (value.is_null()) return "default";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return value.dump();
  if (value.is_string()) return value.get<std::string>();
  return std::nullopt;
}

// Throws std::invalid_argument. The parser by itself would let the last duplicate win.
Json parse_json_without_duplicates(std::string_view body) {
  std::set<std::string> names;
  const auto refuse_duplicates = [&names](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1 &&
        !names.insert(parsed.get<std::string>()).second) {
      throw std::invalid_argument(fmt::format("duplicate '{}'", parsed.get<std::string>()));
    }
    return true;
  };
  try {
    return Json::parse(body, refuse_duplicates);
  } catch (const Json::exception&) {
    throw std::invalid_argument("not JSON");
  }
}

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
  const Json settings = parse_json_without_duplicates(body);
  if (!settings.is_object() || settings.empty()) {
    throw std::invalid_argument("not a JSON object with a control's name and value");
  }
  std::vector<ControlSetting> result;
  for (const auto& [name, value] : settings.items()) {
    const std::optional<std::string> text = setting_text(value);
    if (!text) {
      throw std::invalid_argument(
          fmt::format("{}: not a whole number, text, true, false or null", name));
    }
    result.push_back({name, *text});
  }
  return result;
}

std::string control_json(const Control& control) {
  Json row{{"name", control.name},
           {"type", type_name(control.type)},
           {"value", value_json(control, control.value)},
           {"default", value_json(control, control.default_value)}};
  if (control.type == ControlType::integer) {
    row["minimum"] = control.minimum;
    row["maximum"] = control.maximum;
    row["step"] = control.step;
  }
  if (control.type == ControlType::menu) {
    row["items"] = Json::array();
    for (size_t i = 0; i < control.menu.size(); i++) {
      if (!control.menu[i].empty()) {
        row["items"].push_back({{"value", i}, {"text", control.menu[i]}});
      }
    }
  }
  row["active"] = control.is_active;
  row["read_only"] = control.is_read_only;
  // A driver's text in another encoding must not break the response.
  return row.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fanlight
