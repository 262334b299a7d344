// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/plan_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

PlanOptions parsed(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--wire", "1Gbit", "--viewers", "5000", "--size", "1280x720"});
  return parse_plan_options(more).value();
}

// "CODE: LINE"
std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse_plan_options(arguments);
    return "none";
  } catch (const StartError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
}

TEST(PlanOptions, Defaults) {
  const PlanOptions options = parsed();
  EXPECT_EQ(options.wire, 1'000'000'000u);
  EXPECT_EQ(options.camera_wire, 1'000'000'000u);
  EXPECT_EQ(options.viewers, 5000u);
  EXPECT_EQ(options.size.width, 1280);
  EXPECT_EQ(options.size.height, 720);
  EXPECT_EQ(options.picture_bytes, 44'000u);
  EXPECT_DOUBLE_EQ(options.changed, 0.1);
  EXPECT_DOUBLE_EQ(options.browsers, 0.5);
  EXPECT_DOUBLE_EQ(options.fps, 30);
  EXPECT_DOUBLE_EQ(options.min_fps, 0.5);
  EXPECT_FALSE(options.price);
  EXPECT_FALSE(options.json);
}

TEST(PlanOptions, AllFlags) {
  const PlanOptions options =
      parsed({"--camera-wire=20Mbit", "--picture", "100K", "--changed", "25%", "--browsers", "0%",
              "--fps", "15", "--min-fps", "2", "--price", "0.05", "--json"});
  EXPECT_EQ(options.camera_wire, 20'000'000u);
  EXPECT_EQ(options.picture_bytes, 102'400u);
  EXPECT_DOUBLE_EQ(options.changed, 0.25);
  EXPECT_DOUBLE_EQ(options.browsers, 0);
  EXPECT_DOUBLE_EQ(options.fps, 15);
  EXPECT_DOUBLE_EQ(options.min_fps, 2);
  EXPECT_DOUBLE_EQ(options.price.value(), 0.05);
  EXPECT_TRUE(options.json);
}

TEST(PlanOptions, Mistakes) {
  const std::vector<std::string> good = {"--wire", "1Gbit",  "--viewers",
                                         "5000",   "--size", "1280x720"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), good.begin(), good.end());
    return error_of(more);
  };
  const std::string see = "; see fanlight plan --help";
  EXPECT_EQ(with({}), "none");
  EXPECT_EQ(error_of({}), "64: plan: --wire is missing" + see);
  EXPECT_EQ(error_of({"--wire", "1Gbit"}), "64: plan: --viewers is missing" + see);
  EXPECT_EQ(error_of({"--wire", "1Gbit", "--viewers", "1"}), "64: plan: --size is missing" + see);
  EXPECT_EQ(with({"--changed", "10"}),
            "64: plan: --changed '10': a share from 0% to 100% is expected");
  EXPECT_EQ(with({"--fps", "1", "--min-fps", "2"}),
            "64: plan: --min-fps 2 is more than --fps 1" + see);
  EXPECT_EQ(with({"--browser", "5%"}),
            "64: plan: --browser: no such flag; did you mean '--browsers'?" + see);
  EXPECT_EQ(with({"extra"}), "64: plan: 'extra': flags begin with --" + see);
  for (const auto& [flag, bad] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"--camera-wire", {"1M", "0", ""}},
           {"--picture", {"999", "65M", "x"}},
           {"--browsers", {"101%", "-1%", "%", "nan%"}},
           {"--min-fps", {"0", "241", "x"}},
           {"--fps", {"0", "241"}},
           {"--price", {"-1", "1001", "nan", "$1"}}}) {
    for (const std::string& text : bad) {
      EXPECT_TRUE(with({flag + "=" + text}).starts_with("64: plan: ")) << flag << text;
    }
  }
  EXPECT_TRUE(error_of({"--viewers", "0"}).starts_with("64: plan: --viewers '0': "));
  EXPECT_TRUE(error_of({"--viewers", "100000001"}).starts_with("64: plan: --viewers "));
  EXPECT_TRUE(error_of({"--size", "1280"}).starts_with("64: plan: --size '1280': "));
  EXPECT_TRUE(error_of({"--wire", "fast"}).starts_with("64: plan: --wire 'fast': "));
}

TEST(PlanOptions, HelpPrintsAndDoesNothingElse) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(parse_plan_options(std::vector<std::string>{"--help"}));
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("Usage: fanlight plan [FLAG]..."), text.npos) << text;
  EXPECT_NE(text.find("--camera-wire RATE"), text.npos);
}

}  // namespace
}  // namespace fanlight
