// SPDX-License-Identifier: Apache-2.0
// The plugin as installed, on any machine. tests/vm has a camera for it.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "capture/camera/source_table.h"
#include "capture/libcamera/libcamera_plugin.h"

namespace fanlight {
namespace {

const LibcameraPlugin& plugin() {
  const std::vector<std::string> folders{FANLIGHT_PLUGIN_BUILT};
  return load_libcamera_plugin(folders);
}

// As in the program, the source table makes the linker take everything that a source may use out of
// our archives.
TEST(LibcameraSource, PluginLoadsWithTheProgramsSymbols) {
  EXPECT_FALSE(source_kinds().empty());
  EXPECT_NO_THROW(plugin());
}

TEST(LibcameraSource, ListsConnectedCameras) {
  for (const LibcameraCamera& camera : plugin().list()) {
    EXPECT_FALSE(camera.id.empty());
    for (const LibcameraFormat& format : camera.formats) EXPECT_FALSE(format.name.empty());
  }
}

TEST(LibcameraSource, OpeningAMissingCameraThrowsEveryTime) {
  SystemCameraClock clock;
  for (int i = 0; i < 2; ++i) {
    try {
      plugin().open("no such camera", {}, clock);
      FAIL();
    } catch (const std::system_error& error) {
      EXPECT_TRUE(error.code().value() == ENODEV || error.code().value() == EACCES) << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with("libcamera")) << error.what();
    }
  }
}

}  // namespace
}  // namespace fanlight
