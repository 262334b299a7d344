// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_controls.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace fanlight {
namespace {

namespace controls = libcamera::controls;
using libcamera::ControlInfo;
using libcamera::ControlValue;

std::optional<Control> make(const libcamera::ControlId& id, const ControlInfo& info) {
  for (const LibcameraControl& known : libcamera_controls()) {
    if (known.id == &id) return make_control(known, info);
  }
  ADD_FAILURE() << id.name() << " is not in the table";
  return std::nullopt;
}

TEST(LibcameraControls, NamesAreLowerCase) {
  EXPECT_EQ(control_name("Brightness"), "brightness");
  EXPECT_EQ(control_name("AeExposureMode"), "ae_exposure_mode");
}

TEST(LibcameraControls, TableIsSortedWithoutDuplicates) {
  for (size_t i = 1; i < libcamera_controls().size(); ++i) {
    EXPECT_LT(libcamera_controls()[i - 1].id->name(), libcamera_controls()[i].id->name());
  }
}

TEST(LibcameraControls, FractionsAreInThousandths) {
  const auto control = make(controls::Brightness, ControlInfo(-1.0F, 1.0F, 0.25F));
  ASSERT_TRUE(control);
  EXPECT_EQ(control->name, "brightness");
  EXPECT_EQ(control->id, controls::Brightness.id());
  EXPECT_EQ(control->type, ControlType::integer);
  EXPECT_EQ(control->minimum, -1000);
  EXPECT_EQ(control->maximum, 1000);
  EXPECT_EQ(control->default_value, 250);
  EXPECT_EQ(control->value, 250);
  EXPECT_EQ(control_value(libcamera::ControlTypeFloat, -500).get<float>(), -0.5F);
}

TEST(LibcameraControls, IntegersAreUnscaled) {
  const auto control = make(controls::ExposureTime, ControlInfo(100, 66666, 20000));
  ASSERT_TRUE(control);
  EXPECT_EQ(control->maximum, 66666);
  EXPECT_EQ(control->default_value, 20000);
  EXPECT_EQ(control_value(libcamera::ControlTypeInteger32, 66666).get<int32_t>(), 66666);
  EXPECT_EQ(control_value(libcamera::ControlTypeInteger64, 1LL << 40).get<int64_t>(), 1LL << 40);
  EXPECT_EQ(control_value(libcamera::ControlTypeByte, 255).get<uint8_t>(), 255);
}

TEST(LibcameraControls, BooleansHaveTwoValues) {
  const auto control = make(controls::AeEnable, ControlInfo(false, true, true));
  ASSERT_TRUE(control);
  EXPECT_EQ(control->type, ControlType::boolean);
  EXPECT_EQ(control->maximum, 1);
  EXPECT_EQ(control->default_value, 1);
  EXPECT_FALSE(control_value(libcamera::ControlTypeBool, 0).get<bool>());
  EXPECT_TRUE(control_value(libcamera::ControlTypeBool, 1).get<bool>());
}

TEST(LibcameraControls, MenuHasTheItemsTheCameraLists) {
  const std::array<ControlValue, 2> values{ControlValue(int32_t{controls::AfModeManual}),
                                           ControlValue(int32_t{controls::AfModeContinuous})};
  const auto listed =
      make(controls::AfMode, ControlInfo(libcamera::Span<const ControlValue>(values), values[1]));
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->type, ControlType::menu);
  EXPECT_EQ(listed->menu, (std::vector<std::string>{"manual", "", "continuous"}));
  EXPECT_EQ(listed->default_value, 2);
  const auto ranged = make(controls::AwbMode, ControlInfo(0, 3, 0));
  ASSERT_TRUE(ranged);
  EXPECT_EQ(ranged->menu[3], "fluorescent");
  EXPECT_EQ(ranged->menu[4], "");
}

TEST(LibcameraControls, MenuItemsMatchLibcamerasEnumerations) {
  const auto item = [](const libcamera::ControlId& id, int value) {
    const auto control = make(id, ControlInfo(0, 63, 0));
    return control->menu.at(static_cast<size_t>(value));
  };
  EXPECT_EQ(item(controls::AeConstraintMode, controls::ConstraintShadows), "shadows");
  EXPECT_EQ(item(controls::AeExposureMode, controls::ExposureLong), "long");
  EXPECT_EQ(item(controls::AeMeteringMode, controls::MeteringMatrix), "matrix");
  EXPECT_EQ(item(controls::AfMode, controls::AfModeContinuous), "continuous");
  EXPECT_EQ(item(controls::AfRange, controls::AfRangeFull), "full");
  EXPECT_EQ(item(controls::AfSpeed, controls::AfSpeedFast), "fast");
  EXPECT_EQ(item(controls::AfTrigger, controls::AfTriggerCancel), "cancel");
  EXPECT_EQ(item(controls::AwbMode, controls::AwbCloudy), "cloudy");
}

// Ranges are set by drivers and tuning files.
TEST(LibcameraControls, OmitsControlsWithInvalidRanges) {
  EXPECT_FALSE(make(controls::Brightness, ControlInfo()));
  EXPECT_FALSE(make(controls::Brightness, ControlInfo(1.0F, -1.0F, 0.0F)));
  EXPECT_FALSE(
      make(controls::Brightness, ControlInfo(std::numeric_limits<float>::quiet_NaN(), 1.0F, 0.0F)));
  const auto endless =
      make(controls::LensPosition, ControlInfo(0.0F, std::numeric_limits<float>::max(), 1.0F));
  ASSERT_TRUE(endless);
  EXPECT_EQ(endless->maximum, 1'000'000'000'000);
  const auto outside = make(controls::Contrast, ControlInfo(0.0F, 2.0F, 5.0F));
  ASSERT_TRUE(outside);
  EXPECT_EQ(outside->default_value, 2000);
  const auto silent = make(controls::Contrast, ControlInfo(0.5F, 2.0F));
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->default_value, 500) << "without a default, the value nearest to 0";
}

TEST(LibcameraControls, OmitsArrays) {
  const std::array<float, 2> gains{1.0F, 2.0F};
  EXPECT_FALSE(control_number(ControlValue(libcamera::Span<const float>(gains))));
  EXPECT_FALSE(control_number(ControlValue(libcamera::Rectangle(1, 2, 3, 4))));
  EXPECT_FALSE(control_number(ControlValue()));
}

}  // namespace
}  // namespace fanlight
