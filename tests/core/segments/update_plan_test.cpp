// SPDX-License-Identifier: Apache-2.0
#include "core/segments/update_plan.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/segments/update_message.h"
#include "tests/core/segments/divided_frames.h"

namespace fanlight {
namespace {

struct UpdatePlanTest : testing::Test {
  FrameRing ring{{.window = 8, .jpeg_capacity = 64 << 10, .memory_limit = 8 << 20}};
  UpdatePlan plan{ring.segments_max()};

  std::string text() const {
    std::string room(plan.text_max(), '\0');
    room.resize(plan.write_text("cam", room));
    return room;
  }
  std::string atlas() const {
    std::string room(plan.atlas_size(), '\0');
    EXPECT_EQ(plan.write_atlas(room.data()), room.data() + room.size());
    return room;
  }
};

TEST_F(UpdatePlanTest, TurnsThePictureOfTheBaseIntoTheFrames) {
  const uint64_t base = busy_frame(3);
  const uint64_t last = busy_frame(base + 3);
  TestCanvas canvas;
  for (uint64_t sequence = 1; sequence <= base; ++sequence) {
    canvas.take_whole(publish_divided(ring, sequence)->jpeg(), sequence);
  }
  for (uint64_t sequence = base + 1; sequence < last; ++sequence) publish_divided(ring, sequence);
  const FrameRef frame = publish_divided(ring, last);
  ASSERT_TRUE(plan.make(*frame, base));
  EXPECT_FALSE(plan.is_empty());
  EXPECT_EQ(canvas.take_update(text(), atlas()), "");
  EXPECT_EQ(canvas.check(last), "");
  UpdateMessage message;
  EXPECT_EQ(parse_update_message(text(), message), "");
  EXPECT_EQ(message.camera, "cam");
  EXPECT_EQ(message.sequence, last);
  EXPECT_EQ(message.timestamp, frame->info().captured_wall);
  EXPECT_EQ(message.update->base, base);
}

TEST_F(UpdatePlanTest, OfTheSameFrameIsEmpty) {
  const FrameRef frame = publish_divided(ring, 7);
  ASSERT_TRUE(plan.make(*frame, 7));
  EXPECT_TRUE(plan.is_empty());
  EXPECT_EQ(atlas(), "");
  EXPECT_TRUE(nlohmann::json::parse(text())["update"]["runs"].empty());
}

TEST_F(UpdatePlanTest, ThereIsNoneOfAWholePicture) {
  publish_divided(ring, 1);
  EXPECT_FALSE(plan.make(*publish_divided(ring, 2, 0), 1));
  EXPECT_TRUE(plan.make(*publish_divided(ring, 3, kTestGrid.count() - 1), 2));
}

FrameInfo frame_info(uint64_t sequence) {
  FrameInfo info;
  info.sequence = sequence;
  info.captured_wall = WallTime(1'764'000'000'000'042us);
  info.width = 1280;
  info.height = 720;
  return info;
}

TEST(UpdateText, IsThisByteForByte) {
  std::array<char, update_text_max(2)> room;
  const std::array runs{SegmentRun{7, 2}, SegmentRun{900, 1}};
  const size_t size =
      write_update_text("front", frame_info(118), 117,
                        {.width = 64, .height = 16, .columns = 20, .rows = 45}, runs, room);
  EXPECT_EQ(std::string_view(room.data(), size),
            R"({"camera":"front","sequence":118,"timestamp":1764000000.000042,)"
            R"("update":{"base":117,"width":1280,"height":720,"segment_width":64,)"
            R"("segment_height":16,"atlas_columns":3,"runs":[[7,2],[900,1]]}})");
}

TEST(UpdateText, LongestFits) {
  const std::vector<SegmentRun> runs(30'000, {65'534, 1});
  std::vector<char> room(update_text_max(runs.size()));
  FrameInfo info = frame_info(~uint64_t{0});
  info.width = info.height = 65'500;
  const size_t size = write_update_text(
      std::string(32, 'x'), info, info.sequence,
      {.width = 65'528, .height = 65'528, .columns = 1, .rows = 65'535}, runs, room);
  EXPECT_TRUE(nlohmann::json::accept(std::string_view(room.data(), size)));
}

TEST(UpdateText, LongestBeginningFits) {
  std::array<char, kFrameTextBeginMax> room;
  const size_t size = begin_frame_text(std::string(32, 'x'), frame_info(~uint64_t{0}), room);
  const auto json = nlohmann::json::parse(std::string(room.data(), size) + "}");
  EXPECT_EQ(json["sequence"], ~uint64_t{0});
}

}  // namespace
}  // namespace fanlight
