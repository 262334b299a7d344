// SPDX-License-Identifier: Apache-2.0
// Control: something of a camera that can be turned: brightness, focus, exposure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

enum class ControlType : uint8_t { integer, boolean, menu };

// Owns: its texts. A copy of what the driver says, as it is now.
struct Control {
  std::string name;  // as `v4l2-ctl --list-ctrls` writes it: brightness, auto_exposure
  uint32_t id = 0;   // the driver's
  ControlType type = ControlType::integer;
  int64_t minimum = 0;
  int64_t maximum = 0;
  int64_t step = 1;
  int64_t default_value = 0;
  int64_t value = 0;
  bool is_active = true;  // false: another control has the say (automatic exposure)
  bool is_read_only = false;
  std::vector<std::string> menu;  // of a menu: texts by value; empty ones cannot be chosen
};

// What somebody wants of a control: a number, `true` and `false`, or the text of a menu item.
struct ControlSetting {
  std::string name;
  std::string value;
};

}  // namespace fanlight
