// SPDX-License-Identifier: Apache-2.0
// Control: an adjustable property of a camera: brightness, focus, exposure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

enum class ControlType : uint8_t { integer, boolean, menu };

// Owns: its texts. A copy of the driver's data, as it is now.
struct Control {
  std::string name;  // as `v4l2-ctl --list-ctrls` writes it: brightness, auto_exposure
  uint32_t id = 0;   // the driver's
  ControlType type = ControlType::integer;
  int64_t minimum = 0;
  int64_t maximum = 0;
  int64_t step = 1;
  int64_t default_value = 0;
  int64_t value = 0;
  bool is_active = true;  // false: overridden by another control (automatic exposure)
  bool is_read_only = false;
  std::vector<std::string> menu{};  // of a menu: texts by value; empty ones cannot be chosen
};

// A requested value of a control: a number, `true` or `false`, the text of a menu item, or
// `default`.
struct ControlSetting {
  std::string name;
  std::string value;
};

// The control of that name. Throws std::invalid_argument, listing the existing names.
const Control& find_control(std::span<const Control> controls, std::string_view name);

// The number that `text` means for this control. For a menu a number is the item's, as for
// `v4l2-ctl`; anything that is no item's number is compared with the items' texts, ignoring case.
// Throws std::invalid_argument, listing what is possible, for a value outside the range, between
// two steps or not on the menu, and for a read-only control.
int64_t resolve_control(const Control& control, std::string_view text);

// "brightness=128", as for --control. Throws std::invalid_argument without a name or a value.
ControlSetting parse_control_setting(std::string_view text);

// A JSON object of settings, in their order there: {"brightness": 128, "auto_exposure": "Manual
// Mode", "focus": null}; null is `default`. Throws std::invalid_argument for anything else: no
// object, an empty one, a duplicate name, a value that is not a whole number, text, true, false or
// null.
std::vector<ControlSetting> parse_control_settings_json(std::string_view body);

// One line of JSON, without the line end: {"name":"brightness","type":"integer","value":128,...}; a
// menu has "items", each with its "value" and "text".
std::string control_json(const Control& control);

}  // namespace fanlight
