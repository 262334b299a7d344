// SPDX-License-Identifier: Apache-2.0
#include "core/segments/update_message.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/random.h"
#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

// Of a picture of 640x480 pixels in 10x30 segments.
std::string update_text(std::string_view runs,
                        std::string_view rest = R"("base":11,"width":640,"height":480,)"
                                                R"("segment_width":64,"segment_height":16,)"
                                                R"("atlas_columns":4)") {
  return fmt::format(R"({{"camera":"front","sequence":12,"timestamp":1700000000.123456,)"
                     R"("update":{{{},"runs":{}}}}})",
                     rest, runs);
}

UpdateMessage parsed(const std::string& text) {
  UpdateMessage message;
  EXPECT_EQ(parse_update_message(text, message), "") << text;
  return message;
}

std::string problem_of(const std::string& text) {
  UpdateMessage message;
  return std::string(parse_update_message(text, message));
}

TEST(UpdateMessage, AWholeFrameHasNoUpdate) {
  const UpdateMessage message =
      parsed(R"({"camera": "front", "sequence": 12, "timestamp": 1700000000.123456})");
  EXPECT_EQ(message.camera, "front");
  EXPECT_EQ(message.sequence, 12u);
  EXPECT_EQ(message.timestamp, WallTime(1'700'000'000'123'456us));
  EXPECT_FALSE(message.slate);
  EXPECT_FALSE(message.update);
}

TEST(UpdateMessage, ASlateHasItsReason) {
  EXPECT_EQ(parsed(R"({"camera":"a","sequence":1,"timestamp":1,"slate":"lost"})").slate, "lost");
}

TEST(UpdateMessage, AnUpdateHasItsRuns) {
  const UpdateMessage message = parsed(update_text("[[0,3],[3, 1],[299,1]]"));
  ASSERT_TRUE(message.update);
  EXPECT_EQ(message.update->base, 11u);
  EXPECT_EQ(message.update->width, 640);
  EXPECT_EQ(message.update->height, 480);
  EXPECT_EQ(message.update->grid, (SegmentGrid{64, 16, 10, 30}));
  EXPECT_EQ(message.update->atlas_columns, 4);
  EXPECT_EQ(message.update->runs, (std::vector<SegmentRun>{{0, 3}, {3, 1}, {299, 1}}));
  EXPECT_EQ(message.update->count(), 5u);
}

TEST(UpdateMessage, AnEmptyUpdateNeedsNoColumns) {
  const UpdateMessage message = parsed(
      update_text("[]", R"("base":12,"width":1,"height":1,"segment_width":8,"segment_height":8,)"
                        R"("atlas_columns":0)"));
  EXPECT_TRUE(message.update->empty());
  EXPECT_EQ(message.update->base, message.sequence) << "a repeat";
}

TEST(UpdateMessage, SegmentsReachOverTheEdges) {
  EXPECT_EQ(parsed(update_text("[]", R"("base":1,"width":65,"height":17,"segment_width":64,)"
                                     R"("segment_height":16,"atlas_columns":1)"))
                .update->grid,
            (SegmentGrid{64, 16, 2, 2}));
}

// Nothing of the message before is left.
TEST(UpdateMessage, IsParsedIntoAUsedOne) {
  UpdateMessage message = parsed(update_text("[[1,2]]"));
  EXPECT_EQ(parse_update_message(update_text("[[5,1]]"), message), "");
  EXPECT_EQ(message.update->runs, (std::vector<SegmentRun>{{5, 1}}));
  message.slate = "old";
  EXPECT_EQ(parse_update_message(R"({"camera":"a","sequence":1,"timestamp":1})", message), "");
  EXPECT_FALSE(message.update);
  EXPECT_FALSE(message.slate);
}

TEST(UpdateMessage, MicrosecondsAreExact) {
  constexpr uint64_t kSeed = 20261129;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    const auto us = static_cast<int64_t>(random.below(4'000'000'000'000'000));
    const std::string text = fmt::format(R"({{"camera":"","sequence":1,"timestamp":{}.{:06}}})",
                                         us / 1'000'000, us % 1'000'000);
    ASSERT_EQ(parsed(text).timestamp, WallTime(std::chrono::microseconds(us)));
  }
}

TEST(UpdateMessage, OtherTextsAreRefused) {
  for (const char* text : {"", "[]", "{", "7", "null", "{\"camera\":\"\xff\"}", "{}x"}) {
    EXPECT_EQ(problem_of(text), "not a JSON object") << text;
  }
  EXPECT_NE(problem_of(std::string(200'000, '[')), "");
  EXPECT_NE(problem_of(std::string(kUpdateMessageBytesMax + 1, ' ')), "");
}

TEST(UpdateMessage, KeysOfTheWrongTypeAreRefused) {
  for (const auto& [text, problem] :
       {std::pair{R"({"sequence":1,"timestamp":1})", "no camera"},
        {R"({"camera":1,"sequence":1,"timestamp":1})", "no camera"},
        {R"({"camera":"a","timestamp":1})", "no sequence"},
        {R"({"camera":"a","sequence":-1,"timestamp":1})", "no sequence"},
        {R"({"camera":"a","sequence":1.5,"timestamp":1})", "no sequence"},
        {R"({"camera":"a","sequence":99999999999999999999,"timestamp":1})", "no sequence"},
        {R"({"camera":"a","sequence":1})", "no timestamp"},
        {R"({"camera":"a","sequence":1,"timestamp":"1"})", "no timestamp"},
        {R"({"camera":"a","sequence":1,"timestamp":-1})", "no timestamp"},
        {R"({"camera":"a","sequence":1,"timestamp":1e300})", "no timestamp"},
        {R"({"camera":"a","sequence":1,"timestamp":1,"slate":true})",
         "the slate's reason is not a text"},
        {R"({"camera":"a","sequence":1,"timestamp":1,"slate":"","update":{}})",
         "update: a slate is always whole"},
        {R"({"camera":"a","sequence":1,"timestamp":1,"update":[]})", "update: not an object"},
        {R"({"camera":"a","sequence":1,"timestamp":1,"update":null})", "update: not an object"}}) {
    EXPECT_EQ(problem_of(text), problem) << text;
  }
}

// As JavaScript's JSON.parse() does; and no key has to precede another.
TEST(UpdateMessage, TheLastOfDuplicateKeysCounts) {
  EXPECT_EQ(parsed(R"({"camera":1,"timestamp":-1,"sequence":"a","camera":"b","timestamp":2,)"
                   R"("sequence":3})")
                .camera,
            "b");
  const std::string text = update_text("[[7,2]]");
  EXPECT_TRUE(parsed("{\"update\":[]," + text.substr(1)).update);
  EXPECT_EQ(problem_of(text.substr(0, text.size() - 1) + R"(,"update":{"runs":[]}})"),
            "update: no base that precedes the frame")
      << "nothing of the first is left";
  EXPECT_EQ(problem_of(update_text("[[7,2]],\"runs\":7")), "update: no runs");
  const UpdateMessage message = parsed(update_text("[7,[[]],{\"runs\":[[1]]}],\"runs\":[[7,2]]"));
  EXPECT_EQ(message.update->runs, (std::vector<SegmentRun>{{7, 2}}));
}

TEST(UpdateMessage, KeysElsewhereDoNotCount) {
  for (const char* elsewhere : {R"("x":{"camera":1,"update":{"runs":[[9,9]]},"runs":[[1,1]]})",
                                R"("x":[[[["camera",{"camera":1,"runs":[]}]]]],"runs":[[1,1]])"}) {
    const UpdateMessage message =
        parsed(fmt::format("{{{},{}", elsewhere, update_text("[[7,2]]").substr(1)));
    EXPECT_EQ(message.camera, "front");
    EXPECT_EQ(message.update->runs, (std::vector<SegmentRun>{{7, 2}}));
  }
  const UpdateMessage message = parsed(update_text(R"([[7,2]],"x":{"width":1,"runs":[[1,1]]})"));
  EXPECT_EQ(message.update->width, 640);
  EXPECT_EQ(message.update->runs, (std::vector<SegmentRun>{{7, 2}}));
}

TEST(UpdateMessage, ThrowsWhereMemoryIsShort) {
  const std::string text = update_text("[[0,3],[3,1],[299,1]]");
  EXPECT_GT(fail_each_allocation([&text] {
              UpdateMessage message;
              parse_update_message(text, message);
            }),
            10);
}

TEST(UpdateMessage, RunsAreInOrderAndInThePicture) {
  EXPECT_EQ(problem_of(update_text("[[0,300]]")), "");
  for (const char* runs : {"[[0,301]]",
                           "[[300,1]]",
                           "[[0,0]]",
                           "[[5,1],[5,1]]",
                           "[[5,2],[6,1]]",
                           "[[5,1],[4,1]]",
                           "[[-1,1]]",
                           "[[0,-1]]",
                           "[[0]]",
                           "[[0,1,2]]",
                           "[0,1]",
                           "[[0.0,1]]",
                           "[[\"0\",1]]",
                           "{}",
                           "7",
                           "[[65536,1]]",
                           "[[0,65537]]",
                           "[[0,[1]]]",
                           "[[0,1],{}]",
                           "[{\"0\":0,\"1\":1}]",
                           "[[0,1,[]]]",
                           "[[[0,1]]]",
                           "[[1,18446744073709551615]]"}) {
    EXPECT_EQ(problem_of(update_text(runs)).substr(0, 8), "update: ") << runs;
  }
}

TEST(UpdateMessage, SizesAreWithinLimits) {
  const auto sized = [](std::string_view base, std::string_view width, std::string_view segment,
                        std::string_view columns) {
    return problem_of(update_text(
        "[[0,1]]", fmt::format(R"("base":{},"width":{},"height":65535,"segment_width":{},)"
                               R"("segment_height":8,"atlas_columns":{})",
                               base, width, segment, columns)));
  };
  EXPECT_EQ(sized("12", "56", "8", "1"), "");
  EXPECT_EQ(sized("12", "64", "8", "1"), "update: too many segments");
  EXPECT_EQ(sized("13", "56", "8", "1"), "update: no base that precedes the frame");
  EXPECT_EQ(sized("-1", "56", "8", "1"), "update: no base that precedes the frame");
  EXPECT_EQ(sized("1", "0", "8", "1"), "update: no size");
  EXPECT_EQ(sized("1", "65536", "65535", "1"), "update: no size");
  EXPECT_EQ(sized("1", "56", "0", "1"), "update: no size");
  EXPECT_EQ(sized("1", "56", "-8", "1"), "update: no size");
  EXPECT_EQ(sized("1", "56", "8", "0"), "update: no columns of its atlas");
  EXPECT_EQ(sized("1", "56", "8", "65536"), "update: no columns of its atlas");
}

// The longest message that a server can write.
TEST(UpdateMessage, HasRoomForEverySecondSegment) {
  std::string runs = "[";
  for (int i = 0; i < 32768; ++i) runs += fmt::format("{}[{}, 1]", i == 0 ? "" : ", ", 2 * i);
  const UpdateMessage message = parsed(update_text(
      runs + "]", R"("base":1,"width":40,"height":65535,"segment_width":8,"segment_height":5,)"
                  R"("atlas_columns":5)"));
  EXPECT_EQ(message.update->count(), 32768u);
}

// Whatever is changed: what is accepted keeps its invariant.
TEST(UpdateMessage, DamageIsNoticedOrHarmless) {
  constexpr uint64_t kSeed = 20261130;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  const std::string text = update_text("[[0,3],[3,1],[20,30],[299,1]]");
  UpdateMessage message;
  for (int run = 0; run < 20'000; ++run) {
    std::string damaged = text;
    for (uint64_t i = 0; i <= random.below(3); ++i) {
      constexpr std::string_view kLetters = "0123456789-.,:[]{}\"e \xff";
      damaged[random.below(damaged.size())] = kLetters[random.below(kLetters.size())];
    }
    if (!parse_update_message(damaged, message).empty() || !message.update) continue;
    size_t begin = 0;
    for (const SegmentRun& each : message.update->runs) {
      ASSERT_GE(each.first, begin);
      begin = size_t(each.first) + each.count;
      ASSERT_LE(begin, message.update->grid.count());
    }
  }
}

}  // namespace
}  // namespace fanlight
