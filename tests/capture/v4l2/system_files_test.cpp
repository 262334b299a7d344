// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/system_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "tests/capture/v4l2/fake_system.h"

namespace fanlight {
namespace {

TEST(SystemFiles, FirstLineExcludesTheLineEnd) {
  FakeSystem system;
  system.write("sys/name", "Webcam\nmore\n");
  EXPECT_EQ(first_line(system.roots().sys + "/name"), "Webcam");
}

TEST(SystemFiles, EntriesAreSorted) {
  FakeSystem system;
  for (const char* name : {"sys/c", "sys/a", "sys/b"}) system.write(name, "");
  const std::filesystem::path sys = system.roots().sys;
  EXPECT_EQ(entries(sys), (std::vector<std::filesystem::path>{sys / "a", sys / "b", sys / "c"}));
}

TEST(SystemFiles, MissingFilesAreEmpty) {
  FakeSystem system;
  EXPECT_EQ(first_line(system.roots().sys + "/gone"), "");
  EXPECT_TRUE(entries(system.roots().sys + "/gone").empty());
}

TEST(SystemFiles, RealPathHasNoLinks) {
  FakeSystem system;
  system.write("dev/video0", "");
  system.link("dev/camera", "video0");
  EXPECT_EQ(real_path(system.dev("camera")), system.dev("video0"));
  EXPECT_EQ(real_path(system.dev("gone")), system.dev("gone"));
}

TEST(SystemFiles, NumberHasOnlyDigits) {
  EXPECT_EQ(number_of("10"), 10);
  for (const char* text : {"", "-1", "1 ", "1a", "99999999999"}) {
    EXPECT_EQ(number_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace fanlight
