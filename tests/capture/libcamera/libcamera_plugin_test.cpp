// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_plugin.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "capture/camera/source_table.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

// CMakeLists.txt builds them from test_plugin.cpp.
const std::string kPlugins = TEST_PLUGINS;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST(LibcameraPlugin, IsFoundByItsName) {
  const std::vector<std::string> folders{kPlugins + "/none", kPlugins + "/same"};
  const LibcameraPlugin& plugin = load_libcamera_plugin(folders);
  ASSERT_EQ(plugin.list().size(), 1u);
  EXPECT_EQ(plugin.list()[0].id, "/base/test");
}

TEST(LibcameraPlugin, ThrowsExceptionsThatTheProgramCatches) {
  FakeClock clock;
  const std::vector<std::string> folders{kPlugins + "/same"};
  try {
    load_libcamera_plugin(folders).open("front", {}, clock);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENODEV);
    EXPECT_TRUE(has(error.what(), "test plugin: front")) << error.what();
  }
}

// No plugin is installed beside this program.
TEST(LibcameraPlugin, IsListedInTheSourceTable) {
  FakeClock clock;
  for (const char* spec : {"libcamera", "libcamera:/base/soc/i2c0mux"}) {
    try {
      open_source(spec, {}, clock);
      FAIL();
    } catch (const std::system_error& error) {
      EXPECT_TRUE(has(error.what(), "libcamera: ")) << error.what();
    }
  }
  EXPECT_THROW(list_libcamera_cameras(), std::system_error);
}

}  // namespace
}  // namespace fanlight
