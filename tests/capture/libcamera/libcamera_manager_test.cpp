// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_manager.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>

namespace fanlight {
namespace {

using Understood = std::pair<LogLevel, std::string_view>;

TEST(LibcameraLog, DistinguishesErrorsFromOtherLevels) {
  EXPECT_EQ(LibcameraLog::understand("[1:02:03.456789] [71] ERROR V4L2 v4l2_device.cpp:1 gone\n"),
            Understood(LogLevel::warning, "ERROR V4L2 v4l2_device.cpp:1 gone"));
  EXPECT_EQ(LibcameraLog::understand("[1:02:03.456789] [71]  INFO Camera libcamera v0.0.3\n"),
            Understood(LogLevel::debug, "INFO Camera libcamera v0.0.3"));
  EXPECT_EQ(LibcameraLog::understand("[1:02:03.456789] [71]  WARN IPA no signature\n"),
            Understood(LogLevel::debug, "WARN IPA no signature"));
}

TEST(LibcameraLog, SurvivesArbitraryText) {
  for (const char* message : {"", "\n", "[", "[]", "[] [", "[x] [y]", "[x] [y] ", "] text"}) {
    EXPECT_EQ(LibcameraLog::understand(message).first, LogLevel::debug) << message;
  }
}

TEST(LibcameraLog, ForwardsErrorsToOurLog) {
  LibcameraLog log;
  std::ostream stream(&log);
  testing::internal::CaptureStderr();
  stream.write("[0] [1] ERROR V4L2 gone\n", 24);
  stream.write("[0] [1] DEBUG V4L2 well\n", 24);
  stream.flush();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "libcamera: ERROR V4L2 gone\n");
}

// A second instance at the same time would end the process.
TEST(LibcameraManager, IsSharedAndRecreated) {
  for (int round = 0; round < 3; ++round) {
    const LibcameraManager one;
    auto two = std::make_unique<LibcameraManager>();
    EXPECT_EQ(&one.get(), &two->get());
    two.reset();
    EXPECT_GE(one.get().cameras().size(), 0u) << "still there";
  }
}

}  // namespace
}  // namespace fanlight
