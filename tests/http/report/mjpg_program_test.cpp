// SPDX-License-Identifier: Apache-2.0
#include "http/report/mjpg_program.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/http/json_check.h"

namespace fanlight {
namespace {

TEST(MjpgProgram, ListsEveryCamera) {
  FrameRing front({}), back({});
  ServerState state({}, {{"front", "files:/a\"b", &front}, {"back", "pattern", &back}}, 1,
                    WallTime());
  MjpgProgram report(state);
  std::string text;
  Body::State last = Body::State::more;
  while (last == Body::State::more) {
    std::array<char, 1024> room;
    TextWriter writer(room);
    last = report.write_step(writer);
    text += writer.view();
  }
  const JsonCheck json(text);
  ASSERT_TRUE(json.valid()) << text;
  EXPECT_EQ(json.size("inputs"), 2u);
  EXPECT_EQ(json.at("inputs[0].id"), "0");
  EXPECT_EQ(json.at("inputs[0].name"), "front");
  EXPECT_EQ(json.at("inputs[0].args"), "files");
  EXPECT_EQ(json.at("inputs[1].id"), "1");
  EXPECT_EQ(json.at("inputs[1].plugin"), "fanlight");
  EXPECT_EQ(json.size("outputs"), 1u);
}

}  // namespace
}  // namespace fanlight
