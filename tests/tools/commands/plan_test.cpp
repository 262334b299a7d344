// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/plan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// Whole pictures only: 106,430 bytes of each are on the wire, and of 11,875,000 bytes a second that
// may be used, so that 11 viewers get all.
std::string plan(std::vector<std::string> more, const std::string& fps = "10") {
  more.insert(more.begin(), {"--wire", "100Mbit", "--size", "1280x720", "--picture", "100000",
                             "--changed", "100%", "--browsers", "0%", "--fps", fps});
  return plan_text(parse_plan_options(more).value());
}

TEST(Plan, AsText) {
  EXPECT_EQ(plan({"--viewers", "12", "--price", "0.1"}),
            "1280x720 at 10 fps, 100 % changed: a picture has 100.0 KB, an update 102.8 KB\n"
            "12 viewers, 0 % of them in browsers\n"
            "\n"
            "The camera's server alone, on 100 Mbit/s:\n"
            "  a server's        viewers      fps       every KB/s each   on screen\n"
            "  whole pictures         12     9.30      108 ms     989.6      105 ms\n"
            "  age 51 ms, p95 96 ms; 100 % of its wire's budget, 0.0027 cores\n"
            "  traffic 95 Mbit/s, 30.8 TB a month, for 3078.00\n"
            "\n"
            "At least 0.5 fps for all, relays on 100 Mbit/s:\n"
            "  no relay: the camera's server serves all, as above\n"
            "\n"
            "Every picture for all, relays on 100 Mbit/s:\n"
            "  2 relays: the camera's server feeds 2\n"
            "  a relay pulls whole pictures, 8.51 Mbit/s at 10 fps; a wire feeds 11, the camera's "
            "11\n"
            "  a server's        viewers      fps       every KB/s each   on screen\n"
            "  whole pictures          6    10.00      100 ms    1064.3       88 ms\n"
            "  age 38 ms, p95 62 ms; 54 % of its wire's budget, 0.0015 cores\n"
            "  traffic 119 Mbit/s, 38.6 TB a month, for 3862.13\n");
}

TEST(Plan, SaysWhoIsRefusedAndWhatIsNotPossible) {
  const std::string text = plan({"--viewers", "224"});
  EXPECT_NE(text.find("  1 viewer refused\n"), text.npos) << text;
  EXPECT_NE(text.find("  23 relays: the camera's server feeds 2, which feed 21\n"), text.npos);
  EXPECT_EQ(text.find(", for "), text.npos) << "no price";
  EXPECT_NE(plan({"--viewers", "1"}, "0.5").find(", 137.9 GB a month\n"), text.npos);
  EXPECT_NE(plan({"--viewers", "9", "--camera-wire", "100Kbit"}).find("  not possible: "),
            text.npos);
}

TEST(Plan, AsJson) {
  EXPECT_EQ(
      plan({"--viewers", "12", "--json"}),
      R"({"picture_bytes":100000,"update_bytes":102830,"one_server":{"whole":{"viewers":12,)"
      R"("fps":9.298,"bytes_per_second":989583,"screen_ms":104.8},"updates":null,"refused":0,)"
      R"("use":1.0000,"age_ms":{"p50":51.0,"p95":96.0},"cores":0.0027},)"
      R"("traffic":{"bytes_per_second":11875000,"gb_per_month":30780.0,"price":null},)"
      R"("at_least_min_fps":{"goal_fps":0.500,"relays":0,"levels":[],"fan_out":0,)"
      R"("camera_fan_out":0,"pulls_updates":false,"pull_fps":0.000,)"
      R"("pull_bytes_per_second":0,"server":{"whole":{"viewers":12,"fps":9.298,)"
      R"("bytes_per_second":989583,"screen_ms":104.8},"updates":null,"refused":0,)"
      R"("use":1.0000,"age_ms":{"p50":51.0,"p95":96.0},"cores":0.0027},)"
      R"("traffic":{"bytes_per_second":11875000,"gb_per_month":30780.0,"price":null}},)"
      R"("every_picture":{"goal_fps":10.000,"relays":2,"levels":[2],"fan_out":11,)"
      R"("camera_fan_out":11,"pulls_updates":false,"pull_fps":10.000,)"
      R"("pull_bytes_per_second":1064300,"server":{"whole":{"viewers":6,"fps":10.000,)"
      R"("bytes_per_second":1064300,"screen_ms":87.9},"updates":null,"refused":0,)"
      R"("use":0.5378,"age_ms":{"p50":37.9,"p95":62.0},"cores":0.0015},)"
      R"("traffic":{"bytes_per_second":14900200,"gb_per_month":38621.3,"price":null}}})"
      "\n");
}

TEST(Plan, Mistakes) {
  EXPECT_THROW(run_plan(std::vector<std::string>{"--wire"}), StartError);
}

}  // namespace
}  // namespace fanlight
