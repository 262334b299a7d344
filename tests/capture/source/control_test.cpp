// SPDX-License-Identifier: Apache-2.0
#include "capture/source/control.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <stdexcept>

#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

Control brightness() {
  Control control{.name = "brightness"};
  control.minimum = -64;
  control.maximum = 64;
  control.step = 4;
  control.default_value = -4;
  control.value = 8;
  return control;
}

Control exposure() {
  Control control{.name = "auto_exposure", .type = ControlType::menu};
  control.maximum = 3;
  control.default_value = 3;
  control.value = 1;
  control.menu = {"", "Manual Mode", "", "Aperture Priority Mode"};
  return control;
}

Control mirror() {
  Control control{.name = "mirror", .type = ControlType::boolean};
  control.maximum = 1;
  control.default_value = 1;
  return control;
}

// The message of the exception; empty if none was thrown.
std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

std::string refusal(const Control& control, std::string_view text) {
  return refusal([&] { resolve_control(control, text); });
}

TEST(Control, IntegerIsWithinItsRangeAndOnAStep) {
  EXPECT_EQ(resolve_control(brightness(), "-64"), -64);
  EXPECT_EQ(resolve_control(brightness(), "64"), 64);
  EXPECT_EQ(resolve_control(brightness(), "0"), 0);
  EXPECT_EQ(resolve_control(brightness(), "default"), -4);
  EXPECT_EQ(refusal(brightness(), "65"), "brightness: 65 is not within -64..64");
  EXPECT_EQ(refusal(brightness(), "-65"), "brightness: -65 is not within -64..64");
  EXPECT_EQ(refusal(brightness(), "2"), "brightness: 2 is not -64 plus a multiple of 4");
}

TEST(Control, RefusesFractionalAndInvalidNumbers) {
  for (const std::string_view text :
       {"", " 4", "4 ", "+4", "4.0", "4x", "0x4", "bright", "true", "99999999999999999999"}) {
    EXPECT_NE(refusal(brightness(), text).find("is not a whole number"), std::string::npos) << text;
  }
}

TEST(Control, WidestRangeDoesNotOverflow) {
  Control widest{.name = "widest"};
  widest.minimum = std::numeric_limits<int64_t>::min();
  widest.maximum = std::numeric_limits<int64_t>::max();
  widest.step = 5;
  EXPECT_EQ(resolve_control(widest, "9223372036854775807"), widest.maximum);
  EXPECT_NE(refusal(widest, "9223372036854775806"), "");
}

TEST(Control, MenuItemIsChosenByNumberOrText) {
  EXPECT_EQ(resolve_control(exposure(), "1"), 1);
  EXPECT_EQ(resolve_control(exposure(), "Aperture Priority Mode"), 3);
  EXPECT_EQ(resolve_control(exposure(), "manual mode"), 1);
  EXPECT_EQ(resolve_control(exposure(), "default"), 3);
  const std::string items = "available: Manual Mode (1), Aperture Priority Mode (3)";
  for (const std::string_view text : {"0", "2", "4", "-1", "", "Manual"}) {
    EXPECT_NE(refusal(exposure(), text).find(items), std::string::npos) << text;
  }
}

TEST(Control, NumericMenuIsMatchedByItemFirst) {
  Control rate{.name = "rate", .type = ControlType::menu};
  rate.menu = {"1", "2", "50"};
  EXPECT_EQ(resolve_control(rate, "1"), 1);
  EXPECT_EQ(resolve_control(rate, "2"), 2);
  EXPECT_EQ(resolve_control(rate, "50"), 2);
}

TEST(Control, BooleanIsTrueOrFalse) {
  EXPECT_EQ(resolve_control(mirror(), "true"), 1);
  EXPECT_EQ(resolve_control(mirror(), "1"), 1);
  EXPECT_EQ(resolve_control(mirror(), "false"), 0);
  EXPECT_EQ(resolve_control(mirror(), "0"), 0);
  EXPECT_EQ(resolve_control(mirror(), "default"), 1);
  EXPECT_EQ(refusal(mirror(), "2"), "mirror: '2' is not true or false");
}

TEST(Control, RefusesToSetAReadOnlyControl) {
  Control control = brightness();
  control.is_read_only = true;
  EXPECT_EQ(refusal(control, "default"), "brightness: cannot be set");
}

TEST(Control, IsFoundByName) {
  const std::vector<Control> controls = {brightness(), exposure()};
  EXPECT_EQ(&find_control(controls, "auto_exposure"), &controls[1]);
  EXPECT_EQ(refusal([&] { find_control(controls, "focus"); }),
            "no control 'focus'; available: brightness auto_exposure");
  EXPECT_EQ(refusal([&] { find_control(controls, "brigthness"); }),
            "no control 'brigthness'; did you mean 'brightness'?");
  EXPECT_EQ(refusal([&] { find_control({}, "focus"); }),
            "no control 'focus': this camera has none");
}

TEST(Control, SettingIsNameAndValue) {
  const ControlSetting setting = parse_control_setting("auto_exposure=Manual=Mode");
  EXPECT_EQ(setting.name, "auto_exposure");
  EXPECT_EQ(setting.value, "Manual=Mode");
  for (const std::string_view text : {"", "=", "brightness", "brightness=", "=4"}) {
    EXPECT_NE(refusal([&] { parse_control_setting(text); }), "") << text;
  }
}

TEST(Control, SettingsKeepTheOrderOfTheBody) {
  const std::vector<ControlSetting> settings = parse_control_settings_json(
      R"({"zoom": 3, "auto_exposure": "Manual Mode", "mirror": true, "a": -7, "focus": null})");
  std::string all;
  for (const auto& [name, value] : settings) all += name + "=" + value + ";";
  EXPECT_EQ(all, "zoom=3;auto_exposure=Manual Mode;mirror=true;a=-7;focus=default;");
}

TEST(Control, RefusesMalformedSettings) {
  const auto reason = [](std::string_view body) {
    return refusal([&] { parse_control_settings_json(body); });
  };
  for (const std::string_view body : {"", "{", "brightness=4", "{\"a\":1}x", "{'a':1}", "\xff"}) {
    EXPECT_EQ(reason(body), "not JSON") << body;
  }
  for (const std::string_view body : {"{}", "[]", "4", "\"a\"", "null", "[{\"a\":1}]"}) {
    EXPECT_NE(reason(body), "") << body;
  }
  for (const std::string_view value : {"1.5", "1.0", "[]", "{}", "1e3", "{\"a\":1}"}) {
    EXPECT_EQ(reason("{\"zoom\":" + std::string(value) + "}"),
              "zoom: not a whole number, text, true, false or null")
        << value;
  }
  EXPECT_EQ(reason(R"({"zoom": 1, "zoom": 2})"), "duplicate 'zoom'");
}

TEST(Control, RefusesDeeplyNestedSettings) {
  EXPECT_NE(refusal([] { parse_control_settings_json(std::string(2048, '[')); }), "");
  const std::string nested = "{\"a\":" + std::string(900, '[') + std::string(900, ']') + "}";
  EXPECT_NE(refusal([&] { parse_control_settings_json(nested); }), "");
}

TEST(Control, ThrowsWhereMemoryIsShort) {
  EXPECT_GT(fail_each_allocation([] { control_json(exposure()); }), 10);
  EXPECT_GT(fail_each_allocation([] {
              parse_control_settings_json(R"({"zoom": 3, "a name that is longer": "a value"})");
            }),
            5);
}

TEST(Control, IsSerializedAsOneLineOfJson) {
  EXPECT_EQ(control_json(brightness()),
            R"({"name":"brightness","type":"integer","value":8,"default":-4,"minimum":-64,)"
            R"("maximum":64,"step":4,"active":true,"read_only":false})");
  EXPECT_EQ(control_json(mirror()),
            R"({"name":"mirror","type":"boolean","value":false,"default":true,)"
            R"("active":true,"read_only":false})");
  Control menu = exposure();
  menu.is_active = false;
  EXPECT_EQ(control_json(menu),
            R"({"name":"auto_exposure","type":"menu","value":1,"default":3,)"
            R"("items":[{"value":1,"text":"Manual Mode"},)"
            R"({"value":3,"text":"Aperture Priority Mode"}],"active":false,"read_only":false})");
}

TEST(Control, InvalidUtf8DoesNotBreakTheJson) {
  Control menu = exposure();
  menu.menu[1] = "\xc3(\x80\n\"";
  EXPECT_NE(control_json(menu).find(R"("text":"�(�\n\"")"), std::string::npos)
      << control_json(menu);
}

}  // namespace
}  // namespace fanlight
