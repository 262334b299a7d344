// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_controls.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include <map>
#include <system_error>

#include "tests/capture/v4l2/scripted_v4l2.h"

namespace fanlight {
namespace {

constexpr char kPath[] = "/dev/video0";

// A control of the test's driver. Without `has_wide_query_`, the driver is like uvcvideo before
// QUERY_EXT_CTRL.
struct DriverControl {
  v4l2_query_ext_ctrl query{};
  int64_t value = 0;
  int read_error = 0;
  std::map<uint32_t, std::string> menu{};
};

DriverControl control_of(uint32_t id, v4l2_ctrl_type type, const std::string& name, int64_t minimum,
                         int64_t maximum, uint64_t step = 1) {
  DriverControl control;
  control.query.id = id;
  control.query.type = type;
  ScriptedV4l2::copy(name, control.query.name);
  control.query.minimum = minimum;
  control.query.maximum = maximum;
  control.query.step = step;
  control.query.default_value = minimum;
  control.value = maximum;
  return control;
}

class V4l2Controls : public testing::Test {
 protected:
  ~V4l2Controls() override {
    if (fd_ >= 0) io_.close(fd_);
  }

  DriverControl& add(const DriverControl& control) {
    return driver_.emplace(control.query.id, control).first->second;
  }

  std::vector<Control> read() {
    open();
    return read_v4l2_controls(io_, fd_);
  }

  void open() {
    if (fd_ >= 0) return;
    io_.add(kPath, "card", "bus");
    if (has_wide_query_) {
      io_.on<v4l2_query_ext_ctrl>(kPath, VIDIOC_QUERY_EXT_CTRL, [this](v4l2_query_ext_ctrl& query) {
        DriverControl* control = find(query.id);
        if (control != nullptr) query = control->query;
        return control != nullptr ? 0 : -EINVAL;
      });
    }
    io_.on<v4l2_queryctrl>(kPath, VIDIOC_QUERYCTRL, [this](v4l2_queryctrl& query) {
      DriverControl* control = find(query.id);
      if (control == nullptr) return -EINVAL;
      query.id = control->query.id;
      query.type = control->query.type;
      std::memcpy(query.name, control->query.name, sizeof(query.name));
      query.minimum = static_cast<int32_t>(control->query.minimum);
      query.maximum = static_cast<int32_t>(control->query.maximum);
      query.step = static_cast<int32_t>(control->query.step);
      query.default_value = static_cast<int32_t>(control->query.default_value);
      query.flags = control->query.flags;
      return 0;
    });
    add_menus_and_values();
    fd_ = io_.open(kPath, V4l2Conversion::off);
  }

  void add_menus_and_values() {
    io_.on<v4l2_querymenu>(kPath, VIDIOC_QUERYMENU, [this](v4l2_querymenu& item) {
      const DriverControl& control = driver_.at(item.id);
      const auto text = control.menu.find(item.index);
      if (text == control.menu.end()) return -EINVAL;
      if (control.query.type == V4L2_CTRL_TYPE_INTEGER_MENU) {
        item.value = std::stoll(text->second);
      } else {
        std::memcpy(item.name, text->second.c_str(), text->second.size() + 1);
      }
      return 0;
    });
    io_.on<v4l2_control>(kPath, VIDIOC_G_CTRL, [this](v4l2_control& control) {
      const DriverControl& mine = driver_.at(control.id);
      if (mine.query.type == V4L2_CTRL_TYPE_INTEGER64) return -EINVAL;
      control.value = static_cast<int32_t>(mine.value);
      return -mine.read_error;
    });
    io_.on<v4l2_control>(kPath, VIDIOC_S_CTRL, [this](v4l2_control& control) {
      DriverControl& mine = driver_.at(control.id);
      if (mine.query.type == V4L2_CTRL_TYPE_INTEGER64) return -EINVAL;
      mine.value = control.value;
      return 0;
    });
    io_.on<v4l2_ext_controls>(kPath, VIDIOC_G_EXT_CTRLS, [this](v4l2_ext_controls& controls) {
      controls.controls[0].value64 = driver_.at(controls.controls[0].id).value;
      return 0;
    });
    io_.on<v4l2_ext_controls>(kPath, VIDIOC_S_EXT_CTRLS, [this](v4l2_ext_controls& controls) {
      driver_.at(controls.controls[0].id).value = controls.controls[0].value64;
      return 0;
    });
  }

  // As in the kernel: with NEXT_CTRL, the first one after the id.
  DriverControl* find(uint32_t id) {
    const bool is_next = (id & V4L2_CTRL_FLAG_NEXT_CTRL) != 0;
    const uint32_t plain = id & ~uint32_t{V4L2_CTRL_FLAG_NEXT_CTRL};
    const auto found = is_next ? driver_.upper_bound(plain) : driver_.find(plain);
    return found == driver_.end() ? nullptr : &found->second;
  }

  ScriptedV4l2 io_;
  std::map<uint32_t, DriverControl> driver_;
  bool has_wide_query_ = true;
  int fd_ = -1;
};

TEST(V4l2ControlName, MatchesV4l2Ctl) {
  EXPECT_EQ(v4l2_control_name("White Balance, Automatic"), "white_balance_automatic");
  EXPECT_EQ(v4l2_control_name("Integer 32 Bits"), "integer_32_bits");
  EXPECT_EQ(v4l2_control_name("  Focus (absolute) "), "focus_absolute");
  EXPECT_EQ(v4l2_control_name("L\xc3\xa4nge"), "l_nge");
  EXPECT_EQ(v4l2_control_name("--"), "");
}

TEST_F(V4l2Controls, AreReadWithRangeAndValue) {
  add(control_of(V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", -64, 64, 4));
  add(control_of(V4L2_CID_HFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Horizontal Flip", 0, 1));
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 2u);
  EXPECT_EQ(controls[0].name, "brightness");
  EXPECT_EQ(controls[0].id, V4L2_CID_BRIGHTNESS);
  EXPECT_EQ(controls[0].type, ControlType::integer);
  EXPECT_EQ(controls[0].minimum, -64);
  EXPECT_EQ(controls[0].maximum, 64);
  EXPECT_EQ(controls[0].step, 4);
  EXPECT_EQ(controls[0].default_value, -64);
  EXPECT_EQ(controls[0].value, 64);
  EXPECT_TRUE(controls[0].is_active);
  EXPECT_FALSE(controls[0].is_read_only);
  EXPECT_EQ(controls[1].type, ControlType::boolean);
}

TEST_F(V4l2Controls, AreReadFromADriverWithOnlyTheOldQuery) {
  has_wide_query_ = false;
  add(control_of(V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", 0, 255, 5));
  add(control_of(V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 0, 9));
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 2u);
  EXPECT_EQ(controls[0].name, "brightness");
  EXPECT_EQ(controls[0].step, 5);
  EXPECT_EQ(controls[1].name, "gain");
  set_v4l2_control(io_, fd_, controls[1], 4);
  EXPECT_EQ(driver_.at(V4L2_CID_GAIN).value, 4);
}

TEST_F(V4l2Controls, MenuHasGapsForUnavailableItems) {
  DriverControl& exposure =
      add(control_of(V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure", 0, 4));
  exposure.menu = {{1, "Manual Mode"}, {3, "Aperture Priority Mode"}};
  exposure.value = 3;
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 1u);
  EXPECT_EQ(controls[0].menu,
            (std::vector<std::string>{"", "Manual Mode", "", "Aperture Priority Mode"}));
  EXPECT_EQ(controls[0].value, 3);
}

TEST_F(V4l2Controls, NumericMenuItemsAreText) {
  DriverControl& rate =
      add(control_of(V4L2_CID_LINK_FREQ, V4L2_CTRL_TYPE_INTEGER_MENU, "Link Frequency", 0, 1));
  rate.menu = {{0, "408000000000"}, {1, "-7"}};
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 1u);
  EXPECT_EQ(controls[0].menu, (std::vector<std::string>{"408000000000", "-7"}));
}

TEST_F(V4l2Controls, Use64BitCallsFor64BitControls) {
  constexpr int64_t kWide = int64_t{1} << 40;
  add(control_of(V4L2_CID_PIXEL_RATE, V4L2_CTRL_TYPE_INTEGER64, "Pixel Rate", 1, kWide));
  // Its range would fit, but the driver rejects the short way anyway.
  add(control_of(V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER64, "Gain", 1, 9));
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 2u);
  set_v4l2_control(io_, fd_, find_control(controls, "pixel_rate"), kWide - 1);
  set_v4l2_control(io_, fd_, find_control(controls, "gain"), 2);
  EXPECT_EQ(driver_.at(V4L2_CID_PIXEL_RATE).value, kWide - 1);
  EXPECT_EQ(driver_.at(V4L2_CID_GAIN).value, 2);
}

TEST_F(V4l2Controls, FlagsMarkInactiveAndReadOnlyControls) {
  const struct {
    uint32_t flag;
    bool is_active;
    bool is_read_only;
  } cases[] = {{V4L2_CTRL_FLAG_INACTIVE, false, false},
               {V4L2_CTRL_FLAG_READ_ONLY, true, true},
               {V4L2_CTRL_FLAG_GRABBED, true, true},
               {V4L2_CTRL_FLAG_VOLATILE, true, false}};
  DriverControl& gain = add(control_of(V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 0, 9));
  for (const auto& [flag, is_active, is_read_only] : cases) {
    gain.query.flags = flag;
    const std::vector<Control> controls = read();
    ASSERT_EQ(controls.size(), 1u);
    EXPECT_EQ(controls[0].is_active, is_active) << flag;
    EXPECT_EQ(controls[0].is_read_only, is_read_only) << flag;
  }
}

TEST_F(V4l2Controls, WriteOnlyControlsShowTheirDefault) {
  DriverControl& gain = add(control_of(V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 3, 9));
  gain.query.flags = V4L2_CTRL_FLAG_WRITE_ONLY;
  gain.read_error = EACCES;
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 1u);
  EXPECT_EQ(controls[0].value, 3);
}

TEST_F(V4l2Controls, OmitCompoundControls) {
  const uint32_t id = V4L2_CID_USER_BASE + 0x1000;
  add(control_of(id, V4L2_CTRL_TYPE_BUTTON, "Button", 0, 0));
  add(control_of(id + 1, V4L2_CTRL_TYPE_STRING, "String", 0, 9));
  add(control_of(id + 2, V4L2_CTRL_TYPE_BITMASK, "Mask", 0, 9));
  add(control_of(id + 3, V4L2_CTRL_TYPE_CTRL_CLASS, "User Controls", 0, 0));
  add(control_of(id + 4, V4L2_CTRL_TYPE_U8, "Matrix", 0, 9));
  add(control_of(id + 5, V4L2_CTRL_TYPE_INTEGER, "Array", 0, 9)).query.nr_of_dims = 1;
  add(control_of(id + 6, V4L2_CTRL_TYPE_INTEGER, "Off", 0, 9)).query.flags =
      V4L2_CTRL_FLAG_DISABLED;
  add(control_of(id + 7, V4L2_CTRL_TYPE_INTEGER, "Kept", 0, 9));
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 1u);
  EXPECT_EQ(controls[0].name, "kept");
}

TEST_F(V4l2Controls, OmitContradictoryControls) {
  const uint32_t id = V4L2_CID_USER_BASE + 0x1000;
  add(control_of(id, V4L2_CTRL_TYPE_INTEGER, "Inverted", 9, 0));
  add(control_of(id + 1, V4L2_CTRL_TYPE_MENU, "Endless", 0, 2'000'000'000));
  add(control_of(id + 2, V4L2_CTRL_TYPE_MENU, "Negative", -9, 1)).menu = {{0, "None"}};
  add(control_of(id + 3, V4L2_CTRL_TYPE_MENU, "Without items", 0, 9));
  add(control_of(id + 4, V4L2_CTRL_TYPE_INTEGER, "", 0, 9));
  add(control_of(id + 5, V4L2_CTRL_TYPE_INTEGER, "Unreadable", 0, 9)).read_error = EIO;
  add(control_of(id + 6, V4L2_CTRL_TYPE_INTEGER, "No Step", 0, 9, 0));
  add(control_of(id + 7, V4L2_CTRL_TYPE_INTEGER, "Wild Step", 0, 9, ~uint64_t{0}));
  add(control_of(id + 8, V4L2_CTRL_TYPE_INTEGER, std::string(40, 'n'), 0, 9));
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 3u);
  EXPECT_EQ(controls[0].name, "no_step");
  EXPECT_EQ(controls[0].step, 1);
  EXPECT_EQ(controls[1].name, "wild_step");
  EXPECT_EQ(controls[1].step, 1);
  EXPECT_EQ(controls[2].name, std::string(32, 'n'));
}

TEST_F(V4l2Controls, EnumerationStopsIfTheDriverDoesNotAdvance) {
  open();
  int asked = 0;
  io_.on<v4l2_query_ext_ctrl>(kPath, VIDIOC_QUERY_EXT_CTRL, [&](v4l2_query_ext_ctrl& query) {
    query = control_of(V4L2_CID_GAIN, V4L2_CTRL_TYPE_BUTTON, "Gain", 0, 0).query;
    asked++;
    return 0;
  });
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(asked, 2);
}

TEST_F(V4l2Controls, EnumerationIsBounded) {
  open();
  io_.on<v4l2_query_ext_ctrl>(kPath, VIDIOC_QUERY_EXT_CTRL, [](v4l2_query_ext_ctrl& query) {
    const uint32_t next = (query.id & ~uint32_t{V4L2_CTRL_FLAG_NEXT_CTRL}) + 1;
    query = control_of(next, V4L2_CTRL_TYPE_BUTTON, "Button", 0, 0).query;
    return 0;
  });
  EXPECT_TRUE(read().empty());
}

TEST_F(V4l2Controls, AreEmptyForADeviceWithoutControlsOrRemoved) {
  EXPECT_TRUE(read().empty());
  io_.remove(kPath);
  EXPECT_TRUE(read().empty());
}

TEST_F(V4l2Controls, RefusalThrowsTheDriversError) {
  add(control_of(V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 0, 9));
  const std::vector<Control> controls = read();
  ASSERT_EQ(controls.size(), 1u);
  for (const int error : {EBUSY, EACCES, EIO, ENODEV, ERANGE}) {
    io_.fail(kPath, VIDIOC_S_CTRL, error);
    try {
      set_v4l2_control(io_, fd_, controls[0], 4);
      ADD_FAILURE() << error;
    } catch (const std::system_error& refused) {
      EXPECT_EQ(refused.code().value(), error);
      EXPECT_NE(std::string(refused.what()).find("setting gain to 4"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace fanlight
