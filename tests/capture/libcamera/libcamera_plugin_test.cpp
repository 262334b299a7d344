// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_plugin.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "capture/camera/source_table.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

// CMakeLists.txt builds them from test_plugin.cpp.
const std::string kPlugins = TEST_PLUGINS;

struct Failure {
  int error = 0;
  std::string what;
};

Failure failure_of(const std::vector<std::string>& folders) {
  try {
    load_libcamera_plugin(folders);
  } catch (const std::system_error& error) {
    return {error.code().value(), error.what()};
  }
  return {};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST(LibcameraPlugin, IsLoadedFromTheFirstFolderThatHasIt) {
  const std::vector<std::string> folders{kPlugins + "/none", kPlugins + "/same",
                                         kPlugins + "/other"};
  const LibcameraPlugin& plugin = load_libcamera_plugin(folders);
  ASSERT_EQ(plugin.list().size(), 1u);
  EXPECT_EQ(plugin.list()[0].id, "/base/test");
  EXPECT_EQ(&load_libcamera_plugin(folders), &plugin) << "it stays loaded";
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

TEST(LibcameraPlugin, MissingPluginNamesThePackageAndTheFoldersSearched) {
  const auto [error, what] = failure_of({"/nowhere", kPlugins + "/none"});
  EXPECT_EQ(error, ENOENT);
  EXPECT_TRUE(has(what, "a separate package (fanlight-libcamera)")) << what;
  EXPECT_TRUE(has(what, "/nowhere or " + kPlugins + "/none")) << what;
}

TEST(LibcameraPlugin, RefusesAPluginOfAnotherReleaseNamingBoth) {
  const auto [error, what] = failure_of({kPlugins + "/other"});
  EXPECT_EQ(error, ELIBBAD);
  EXPECT_TRUE(has(what, "other/fanlight-libcamera.so is from Fanlight 0.0.1-other")) << what;
  EXPECT_TRUE(has(what, "this is " FANLIGHT_VERSION)) << what;
}

TEST(LibcameraPlugin, RefusesOtherLibrariesOfThatName) {
  const auto [error, what] = failure_of({kPlugins + "/stranger"});
  EXPECT_EQ(error, ELIBBAD);
  EXPECT_TRUE(has(what, "undefined symbol: fanlight_libcamera_plugin")) << what;
}

// As if the libcamera that it was built for is not installed: the error is the dynamic linker's.
TEST(LibcameraPlugin, ReportsAPluginThatFailsToLoad) {
  const std::string folder = testing::TempDir() + "fanlight-plugin";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/fanlight-libcamera.so") << "no shared object";
  const auto [error, what] = failure_of({folder, kPlugins + "/same"});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(error, ELIBACC);
  EXPECT_TRUE(has(what, folder + "/fanlight-libcamera.so: ")) << what;
}

TEST(LibcameraPlugin, SearchesNextToTheProgramFirst) {
  const std::vector<std::string> folders = libcamera_plugin_folders();
  ASSERT_EQ(folders.size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folders[0] + "/capture_libcamera_test")) << folders[0];
  EXPECT_TRUE(folders[1].ends_with("/fanlight")) << folders[1];
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
