// SPDX-License-Identifier: Apache-2.0
// The body of a PATCH that sets controls: refused with a reason, or settings that a control takes
// only within its limits.
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/source/control.h"
#include "core/check.h"
#include "http/answer/control.h"
#include "tests/fuzz/fuzz_input.h"

namespace fanlight {
namespace {

const std::vector<Control>& controls() {
  static const std::vector<Control> kControls = {
      {.name = "brightness", .minimum = -64, .maximum = 64, .step = 4, .default_value = 0},
      {.name = "hflip", .type = ControlType::boolean, .maximum = 1},
      {.name = "auto_exposure",
       .type = ControlType::menu,
       .maximum = 3,
       .menu = {"Auto Mode", "Manual Mode", "", "Aperture"}},
      {.name = "gain", .maximum = INT64_MAX, .is_read_only = true},
  };
  return kControls;
}

void check_value(const Control& control, std::string_view text) {
  try {
    const int64_t value = resolve_control(control, text);
    CHECK(!control.is_read_only);
    CHECK(value >= control.minimum && value <= control.maximum);
    CHECK((value - control.minimum) % control.step == 0);
    CHECK(control.menu.empty() || !control.menu[static_cast<size_t>(value)].empty());
    CHECK(resolve_control(control, std::to_string(value)) == value);
  } catch (const std::invalid_argument& error) {
    CHECK(*error.what() != '\0');
  }
}

void check_body(std::string_view body) {
  try {
    const std::vector<ControlSetting> settings = parse_control_settings_json(body);
    CHECK(!settings.empty());
    for (const ControlSetting& setting : settings) {
      for (const Control& control : controls()) check_value(control, setting.value);
    }
  } catch (const std::invalid_argument& error) {
    CHECK(*error.what() != '\0');
  }
}

// As a driver that names its controls like this.
void check_described(std::string_view text) {
  Control control = controls()[2];
  control.name = text;
  control.menu[1] = text;
  CHECK(nlohmann::json::accept(control_json(control)));
}

}  // namespace

void fuzz(std::string_view input) {
  check_body(input);
  for (const Control& control : controls()) check_value(control, input);
  check_described(input.substr(0, 256));
  is_json(input);
  try {
    const ControlSetting setting = parse_control_setting(input);
    CHECK(!setting.name.empty() && !setting.value.empty());
  } catch (const std::invalid_argument& error) {
    CHECK(*error.what() != '\0');
  }
}

}  // namespace fanlight
