// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/source_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/capture/source/test_camera.h"

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

TEST(SourceTable, OpensSourcesByName) {
  FakeClock clock;
  SourceOptions options;
  options.width = 320;
  options.height = 240;
  EXPECT_EQ(open_source("pattern", options, clock)->format().jpeg_bytes_max, 0u);
  EXPECT_EQ(open_source("emulator", options, clock)->format().jpeg_bytes_max, 0u);
  EXPECT_EQ(open_source("pattern:", options, clock)->format().width, 320);
}

TEST(SourceTable, UnknownKindIsReportedWithTheKnownOnes) {
  const std::string complaint = complaint_about("emulatr:x");
  EXPECT_NE(complaint.find("'emulatr:x'"), complaint.npos) << complaint;
  for (const SourceKind& kind : source_kinds()) {
    EXPECT_NE(complaint.find(kind.name), complaint.npos) << complaint;
  }
  EXPECT_TRUE(complaint.ends_with("; did you mean 'emulator:x'?")) << complaint;
  EXPECT_NE(complaint_about(""), "");
  EXPECT_NE(complaint_about(":"), "");
  EXPECT_NE(complaint_about("Emulator"), "");
}

TEST(SourceTable, ListsEveryKind) {
  std::vector<std::string_view> names;
  for (const SourceKind& kind : source_kinds()) names.push_back(kind.name);
  for (const char* name : {"v4l2", "libcamera", "http", "https", "files", "latest", "pattern"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
  EXPECT_NE(complaint_about("v4l2:").find("v4l2"), std::string::npos);
  EXPECT_NE(complaint_about("http://").find("http"), std::string::npos);
}

TEST(SourceTable, ErrorsOmitPasswords) {
  const std::string complaint = complaint_about("htp://me:secret@camera/stream");
  EXPECT_NE(complaint.find("htp://camera/..."), std::string::npos) << complaint;
  EXPECT_EQ(complaint.find("secret"), std::string::npos) << complaint;
}

TEST(SourceTable, RefusesInvalidArguments) {
  EXPECT_NE(complaint_about("pattern:blue").find("'blue'"), std::string::npos);
  EXPECT_NE(complaint_about("emulator:4"), "");
  EXPECT_NE(complaint_about("files"), "");
  EXPECT_NE(complaint_about("files:"), "");
  EXPECT_NE(complaint_about("latest"), "");
  EXPECT_NE(complaint_about("latest:"), "");
}

TEST(SourceTable, ArgumentStartsAfterTheFirstColon) {
  FakeClock clock;
  try {
    open_source("files:/no/such:place", {}, clock);
    FAIL() << "it does not exist";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_NE(std::string(error.what()).find("/no/such:place"), std::string::npos);
  }
}

TEST(SourceTable, DistinguishesMissingFromInvalidSources) {
  const auto may = [](std::string_view spec, int error) {
    return may_come(spec, {error, std::system_category()});
  };
  for (const int away : {ENOENT, ENODEV, ENXIO, EBUSY, EIO, ENOSPC, ENOLINK, ENOLCK, EPROTO}) {
    EXPECT_TRUE(may("v4l2:/dev/video0", away)) << away;
  }
  EXPECT_TRUE(may("v4l2:/dev/v4l/by-id/usb-046d_HD_Webcam_C525-video-index0", ENOENT));
  EXPECT_FALSE(may("v4l2:video0", ENOENT)) << "devices have absolute paths";
  for (const int wrong : {EACCES, EPERM, ENOTTY, ENOTSUP, EISDIR, ENOTDIR, ELOOP, EINVAL}) {
    EXPECT_FALSE(may("v4l2:/dev/video0", wrong)) << wrong;
  }
  for (const int away : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ECONNRESET, EPROTO,
                         ENOENT, EAGAIN, EKEYREJECTED}) {
    EXPECT_TRUE(may("http://camera:5000/stream", away)) << away;
    EXPECT_TRUE(may("https://camera/", away)) << away;
  }
  for (const int wrong : {EACCES, ELOOP}) EXPECT_FALSE(may("http://camera/", wrong)) << wrong;
  EXPECT_TRUE(may("libcamera:/base/soc/i2c0mux/i2c@1/imx708@1a", ENODEV));
  EXPECT_TRUE(may("libcamera", EBUSY));
  EXPECT_FALSE(may("libcamera", ENOENT)) << "the plugin is missing";
  EXPECT_FALSE(may("libcamera", EACCES));
  EXPECT_FALSE(may("files:/no/such/folder", ENOENT));
  for (const int away : {ENOENT, ENOTDIR, EIO}) EXPECT_TRUE(may("latest:/drop/x", away)) << away;
  for (const int wrong : {EACCES, EPERM, ELOOP}) EXPECT_FALSE(may("latest:/x", wrong)) << wrong;
}

TEST(SourceTable, IdentifiesSourcesOnDisk) {
  EXPECT_TRUE(is_on_disk("files:/x"));
  EXPECT_TRUE(is_on_disk("latest:/x/y.jpg"));
  for (const char* spec : {"http://files:80/", "v4l2:/dev/video0", "pattern", "files"}) {
    EXPECT_FALSE(is_on_disk(spec)) << spec;
  }
}

TEST(SourceTable, EveryHelpTextBeginsWithTheKindsName) {
  ASSERT_GE(source_kinds().size(), 3u);
  for (const SourceKind& kind : source_kinds()) EXPECT_TRUE(kind.help.starts_with(kind.name));
}

}  // namespace
}  // namespace fanlight
