// SPDX-License-Identifier: Apache-2.0
#include "tools/options/command_line.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/tools/options/command_line.h"
#include "tools/options/option_table.h"
#include "tools/options/ustreamer_flags.h"

namespace fanlight {
namespace {

std::optional<CommandLine> read(const std::string& line) {
  return parse_words_as("fanlight", read_command_line, line);
}

TEST(CommandLine, KeepsRepeatedValuesInOrder) {
  const CommandLine line = read("--listen 1 --listen=2 --pin-cpus --fps 2x").value();
  std::string all;
  for (const Setting& each : line.settings.values) all += each.where + " " + each.text + ", ";
  EXPECT_EQ(all, "--fps 2x, --listen 1, --listen 2, --pin-cpus true, ")
      << "in the order of the table";
  EXPECT_FALSE(line.implied_source.has_value());
}

TEST(CommandLine, HelpListsEveryOptionWithItsDefault) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(read("--help").has_value());
  const std::string help = testing::internal::GetCapturedStdout();
  for (const Option& option : option_table()) {
    const size_t at = help.find("--" + std::string(option.name) + (option.is(kToggle) ? "" : " "));
    EXPECT_NE(at, help.npos) << option.name;
  }
  EXPECT_NE(help.find("(default: 127.0.0.1:5000)"), help.npos);
  EXPECT_LT(help.find("fanlight --source auto "), help.find("Usage:")) << "examples come first";
  EXPECT_EQ(help.find("--desired-fps"), help.npos)
      << "ustreamer's flags are accepted, but not listed";
  for (size_t begin = 0, end = 0; (end = help.find('\n', begin)) != help.npos; begin = end + 1) {
    EXPECT_LE(end - begin, 80u) << help.substr(begin, end - begin);
  }
}

TEST(CommandLine, VersionHasThreeNames) {
  for (const char* flag : {"--version", "-v", "--features"}) {
    testing::internal::CaptureStdout();
    EXPECT_FALSE(read(flag).has_value());
    EXPECT_TRUE(testing::internal::GetCapturedStdout().starts_with("fanlight "));
  }
}

TEST(CommandLine, UnknownFlagsAndWordsAreNamed) {
  for (const char* line : {"--colour", "pattern", "--listen"}) {
    EXPECT_NE(mistake_of([&] { read(line); }).find(std::string(line).substr(0, 5)),
              std::string::npos)
        << line;
  }
}

TEST(CommandLine, SuggestsAFlagForATypo) {
  const auto says = [](const std::string& line, const std::string& expected) {
    EXPECT_EQ(mistake_of([&] { read(line); }), expected);
  };
  const std::string see = "; see fanlight --help";
  const std::string source = "--soruce: no such flag; did you mean '--source'?" + see;
  says("--soruce pattern", source);
  says("--soruce=pattern", source);
  says("--max_viewers 3", "--max_viewers: no such flag; did you mean '--max-viewers'?" + see);
  says("--resolutoin 640x480", "--resolutoin: no such flag; did you mean '--resolution'?" + see);
  says("--telepathy", "--telepathy: no such flag" + see);
  says("-x", "-x: no such flag" + see);
  says("-source pattern", "-source: did you mean '--source'?");
  says("-fps=5", "-fps: did you mean '--fps'?");
}

TEST(CommandLine, SuggestsAFlagForAWord) {
  const std::string begin = "': flags begin with --";
  const std::string see = "; see fanlight --help";
  const auto says = [](const std::string& line, const std::string& expected) {
    EXPECT_EQ(mistake_of([&] { read(line); }), expected);
  };
  says("/dev/video0", "'/dev/video0" + begin + "; did you mean '--source /dev/video0'?" + see);
  says("--listen 127.0.0.1:0 surplus", "'surplus" + begin + see);
  says("source pattern", "'source" + begin + "; did you mean '--source'?" + see);
  says("surplus", "'surplus" + begin + see);
  says("http://me:secret@cam/x",
       "'http://cam/..." + begin + "; did you mean '--source http://cam/...'?" + see);
  says("me:secret@cam/x", "'cam/..." + begin + "; did you mean '--source cam/...'?" + see);
}

TEST(CommandLine, ShortFlagsOfUstreamerKeepTheirValues) {
  const CommandLine line = read("-d/dev/video1 -r640x480 -f15").value();
  ASSERT_EQ(line.settings.values.size(), 3u);
  EXPECT_EQ(line.settings.values[0].text, "v4l2:/dev/video1");
}

}  // namespace
}  // namespace fanlight
