// SPDX-License-Identifier: Apache-2.0
// Maps libcamera's controls to Control.
//
// Their names are libcamera's in lower case: AeEnable is ae_enable. Fractional values are expressed
// in thousandths, because a Control is a whole number: brightness=250 is a Brightness of 0.25 in
// libcamera's documentation.
#pragma once

#include <libcamera/control_ids.h>
#include <libcamera/controls.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source/control.h"

namespace fanlight {

// One control that is useful for a live picture, and the names of its values if it is a menu.
struct LibcameraControl {
  const libcamera::ControlId* id;
  std::vector<std::string> items{};
};

// By name. The items are in the order of libcamera's enumerations, which are part of its ABI.
inline const std::vector<LibcameraControl>& libcamera_controls() {
  namespace controls = libcamera::controls;
  static const std::vector<LibcameraControl> all{
      {&controls::AeConstraintMode, {"normal", "highlight", "shadows", "custom"}},
      {&controls::AeEnable},
      {&controls::AeExposureMode, {"normal", "short", "long", "custom"}},
      {&controls::AeMeteringMode, {"centre_weighted", "spot", "matrix", "custom"}},
      {&controls::AfMode, {"manual", "auto", "continuous"}},
      {&controls::AfRange, {"normal", "macro", "full"}},
      {&controls::AfSpeed, {"normal", "fast"}},
      {&controls::AfTrigger, {"start", "cancel"}},
      {&controls::AnalogueGain},
      {&controls::AwbEnable},
      {&controls::AwbMode,
       {"auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy",
        "custom"}},
      {&controls::Brightness},
      {&controls::Contrast},
      {&controls::ExposureTime},
      {&controls::ExposureValue},
      {&controls::LensPosition},
      {&controls::Saturation},
      {&controls::Sharpness},
  };
  return all;
}

// "AeEnable" -> "ae_enable".
inline std::string control_name(std::string_view libcamera_name) {
  std::string name;
  for (const char letter : libcamera_name) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isupper(byte) && !name.empty()) name += '_';
    name += static_cast<char>(std::tolower(byte));
  }
  return name;
}

// Nothing for a value that is absent, an array, or not a number.
inline std::optional<int64_t> control_number(const libcamera::ControlValue& value) {
  if (value.isArray()) return std::nullopt;
  switch (value.type()) {
    case libcamera::ControlTypeBool:
      return value.get<bool>();
    case libcamera::ControlTypeByte:
      return value.get<uint8_t>();
    case libcamera::ControlTypeInteger32:
      return value.get<int32_t>();
    case libcamera::ControlTypeInteger64:
      return value.get<int64_t>();
    case libcamera::ControlTypeFloat: {
      // Some pipelines use the largest float for "no limit".
      constexpr float kMax = 1e9F;
      const float number = value.get<float>();
      if (std::isnan(number)) return std::nullopt;
      return std::llround(std::clamp(number, -kMax, kMax) * 1000.0);
    }
    default:
      return std::nullopt;
  }
}

// libcamera's value for a number within the control's range.
inline libcamera::ControlValue control_value(libcamera::ControlType type, int64_t number) {
  switch (type) {
    case libcamera::ControlTypeBool:
      return libcamera::ControlValue(number != 0);
    case libcamera::ControlTypeByte:
      return libcamera::ControlValue(static_cast<uint8_t>(number));
    case libcamera::ControlTypeInteger64:
      return libcamera::ControlValue(number);
    case libcamera::ControlTypeFloat:
      return libcamera::ControlValue(static_cast<float>(static_cast<double>(number) / 1000.0));
    default:
      return libcamera::ControlValue(static_cast<int32_t>(number));
  }
}

// The texts of a menu's items by value: those that the camera lists, or that are in its range.
inline std::vector<std::string> control_menu(const LibcameraControl& control,
                                             const libcamera::ControlInfo& info, int64_t minimum,
                                             int64_t maximum) {
  std::vector<std::string> menu = control.items;
  for (size_t i = 0; i < menu.size(); ++i) {
    const auto number = static_cast<int64_t>(i);
    const bool listed =
        info.values().empty()
            ? number >= minimum && number <= maximum
            : std::any_of(info.values().begin(), info.values().end(),
                          [&](const auto& value) { return control_number(value) == number; });
    if (!listed) menu[i].clear();
  }
  return menu;
}

// A control of a camera, with its default as its value; nothing when its range makes no sense.
inline std::optional<Control> make_control(const LibcameraControl& control,
                                           const libcamera::ControlInfo& info) {
  const std::optional<int64_t> minimum = control_number(info.min());
  const std::optional<int64_t> maximum = control_number(info.max());
  if (!minimum || !maximum || *minimum > *maximum) return std::nullopt;
  Control result{.name = control_name(control.id->name()),
                 .id = control.id->id(),
                 .minimum = *minimum,
                 .maximum = *maximum};
  const int64_t usual = control_number(info.def()).value_or(0);
  result.default_value = std::clamp(usual, *minimum, *maximum);
  result.value = result.default_value;
  if (control.id->type() == libcamera::ControlTypeBool) result.type = ControlType::boolean;
  if (!control.items.empty()) {
    result.type = ControlType::menu;
    result.menu = control_menu(control, info, *minimum, *maximum);
    result.minimum = 0;
    result.maximum = static_cast<int64_t>(result.menu.size()) - 1;
  }
  return result;
}

}  // namespace fanlight
