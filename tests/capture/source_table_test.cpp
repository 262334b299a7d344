// SPDX-License-Identifier: Apache-2.0
#include "capture/source_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/capture/test_camera.h"

namespace fanlight {
namespace {

std::string complaint_about(std::string_view spec) {
  FakeClock clock;
  try {
    open_source(spec, {}, clock);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(SourceTable, OpensByName) {
  FakeClock clock;
  SourceOptions options;
  options.width = 320;
  options.height = 240;
  EXPECT_EQ(open_source("pattern", options, clock)->format().jpeg_bytes_max, 0u);
  EXPECT_EQ(open_source("emulator", options, clock)->format().jpeg_bytes_max, 0u);
  EXPECT_EQ(open_source("pattern:", options, clock)->format().width, 320);
}

TEST(SourceTable, AnUnknownKindIsNamedAndSoAreThoseThatExist) {
  const std::string complaint = complaint_about("emulatr:x");
  EXPECT_NE(complaint.find("'emulatr:x'"), complaint.npos) << complaint;
  for (const SourceKind& kind : source_kinds()) {
    EXPECT_NE(complaint.find(kind.name), complaint.npos) << complaint;
  }
  EXPECT_NE(complaint_about(""), "");
  EXPECT_NE(complaint_about(":"), "");
  EXPECT_NE(complaint_about("Emulator"), "");
}

TEST(SourceTable, KnowsWhatIsACamera) {
  std::vector<std::string_view> names;
  for (const SourceKind& kind : source_kinds()) names.push_back(kind.name);
  for (const char* name : {"v4l2", "libcamera", "http", "https", "files", "pattern"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
  EXPECT_NE(complaint_about("v4l2:").find("v4l2"), std::string::npos);
  EXPECT_NE(complaint_about("http://").find("http"), std::string::npos);
}

TEST(SourceTable, AComplaintTellsNoPassword) {
  const std::string complaint = complaint_about("htp://me:secret@camera/stream");
  EXPECT_NE(complaint.find("camera/stream"), std::string::npos) << complaint;
  EXPECT_EQ(complaint.find("secret"), std::string::npos) << complaint;
}

TEST(SourceTable, AnArgumentThatMeansNothingIsRefused) {
  EXPECT_NE(complaint_about("pattern:blue").find("'blue'"), std::string::npos);
  EXPECT_NE(complaint_about("emulator:4"), "");
  EXPECT_NE(complaint_about("files"), "");
  EXPECT_NE(complaint_about("files:"), "");
}

TEST(SourceTable, TheArgumentIsAllBehindTheFirstColon) {
  FakeClock clock;
  try {
    open_source("files:/no/such:place", {}, clock);
    FAIL() << "it does not exist";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_NE(std::string(error.what()).find("/no/such:place"), std::string::npos);
  }
}

TEST(SourceTable, EveryKindHasAHelpTextThatBeginsWithItsName) {
  ASSERT_GE(source_kinds().size(), 3u);
  for (const SourceKind& kind : source_kinds()) EXPECT_TRUE(kind.help.starts_with(kind.name));
}

}  // namespace
}  // namespace fanlight
