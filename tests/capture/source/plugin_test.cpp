// SPDX-License-Identifier: Apache-2.0
#include "capture/source/plugin.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace fanlight {
namespace {

// CMakeLists.txt builds them from test_plugin.cpp.
const std::string kPlugins = TEST_PLUGINS;
constexpr PluginName kName{.what = "libtest",
                           .package = "fanlight-test",
                           .needs = "libtest-dev",
                           .file = "fanlight-test.so",
                           .entry = "fanlight_test_plugin"};

struct Failure {
  int error = 0;
  std::string what;
};

Failure failure_of(const std::vector<std::string>& folders) {
  try {
    load_plugin(kName, folders);
  } catch (const std::system_error& error) {
    return {error.code().value(), error.what()};
  }
  return {};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST(Plugin, IsLoadedFromTheFirstFolderThatHasIt) {
  struct Table {
    const char* version;
    int answer;
  };
  const std::vector<std::string> folders{kPlugins + "/none", kPlugins + "/same",
                                         kPlugins + "/other"};
  const auto* table = static_cast<const Table*>(load_plugin(kName, folders));
  EXPECT_EQ(table->answer, 42);
  EXPECT_EQ(load_plugin(kName, folders), table) << "it stays loaded";
}

TEST(Plugin, AMissingOneNamesThePackageAndTheFoldersSearched) {
  const auto [error, what] = failure_of({"/nowhere", kPlugins + "/none"});
  EXPECT_EQ(error, ENOENT);
  EXPECT_TRUE(has(what, "libtest: its plugin is a separate package (fanlight-test)")) << what;
  EXPECT_TRUE(has(what, "built when libtest-dev is installed")) << what;
  EXPECT_TRUE(has(what, "/nowhere or " + kPlugins + "/none")) << what;
}

TEST(Plugin, RefusesOneOfAnotherReleaseNamingBoth) {
  const auto [error, what] = failure_of({kPlugins + "/other"});
  EXPECT_EQ(error, ELIBBAD);
  EXPECT_TRUE(has(what, "other/fanlight-test.so is from Fanlight 0.0.1-other")) << what;
  EXPECT_TRUE(has(what, "this is " FANLIGHT_VERSION)) << what;
}

TEST(Plugin, RefusesOtherLibrariesOfThatName) {
  const auto [error, what] = failure_of({kPlugins + "/stranger"});
  EXPECT_EQ(error, ELIBBAD);
  EXPECT_TRUE(has(what, "undefined symbol: fanlight_test_plugin")) << what;
}

// As if the library that it was built for is not installed: the error is the dynamic linker's.
TEST(Plugin, ReportsOneThatFailsToLoad) {
  const std::string folder = testing::TempDir() + "fanlight-plugin";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/fanlight-test.so") << "no shared object";
  const auto [error, what] = failure_of({folder, kPlugins + "/same"});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(error, ELIBACC);
  EXPECT_TRUE(has(what, folder + "/fanlight-test.so: ")) << what;
}

TEST(Plugin, IsLookedForNextToTheProgramFirst) {
  const std::vector<std::string> folders = plugin_folders();
  ASSERT_EQ(folders.size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folders[0] + "/capture_source_test")) << folders[0];
  EXPECT_TRUE(folders[1].ends_with("/fanlight")) << folders[1];
}

}  // namespace
}  // namespace fanlight
