// SPDX-License-Identifier: Apache-2.0
#include "tools/load/update_checker.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/capture/relay/test_updates.h"

namespace fanlight {
namespace {

using Event = UpdateChecker::Event;
using Kind = UpdateChecker::Kind;

class UpdateCheckerTest : public testing::Test, protected TestUpdates {
 protected:
  // The kinds of the frames in a stream that arrives in pieces of `step` bytes, without a problem.
  static std::vector<Kind> read(UpdateChecker& checker, std::string_view stream,
                                size_t step = 1 << 20) {
    std::vector<Kind> kinds;
    while (!stream.empty()) {
      std::string_view bytes = stream.substr(0, step);
      stream.remove_prefix(bytes.size());
      for (;;) {
        const Event event = checker.read(bytes);
        if (event == Event::none) break;
        EXPECT_EQ(event, Event::frame) << checker.problem();
        if (event != Event::frame) return kinds;
        kinds.push_back(checker.kind());
      }
    }
    return kinds;
  }
  // The problem of the last frame, whether or not pictures are joined.
  static std::string problem_of(std::string_view stream) {
    std::string problems[2];
    for (const bool joins : {false, true}) {
      UpdateChecker checker(joins);
      std::string_view bytes = stream;
      Event event = Event::frame;
      while (event == Event::frame) event = checker.read(bytes);
      EXPECT_EQ(event, Event::broken);
      problems[joins ? 1 : 0] = checker.problem();
    }
    EXPECT_EQ(problems[0], problems[1]);
    return problems[0];
  }
};

TEST_F(UpdateCheckerTest, CountsFramesAndUpdates) {
  for (const bool joins : {false, true}) {
    for (const size_t step : {1u, 100u, 1u << 20}) {
      UpdateChecker checker(joins);
      EXPECT_FALSE(checker.is_in_message());
      EXPECT_EQ(read(checker, whole_frame(3), step), std::vector{Kind::whole});
      EXPECT_EQ(checker.part().bytes, message_text(3).size() + one.index.jpeg.size());
      EXPECT_EQ(checker.part().sequence, 3u);
      EXPECT_EQ(checker.part().timestamp_us, 1'700'000'000'000'003);
      EXPECT_EQ(read(checker, update_frame(3, 5) + empty_update_frame(5, 6), step),
                (std::vector{Kind::update, Kind::empty}));
      EXPECT_EQ(checker.part().sequence, 6u);
      EXPECT_FALSE(checker.is_in_message());
      EXPECT_EQ(read(checker, whole_frame(7).substr(0, 100)), std::vector<Kind>{});
      EXPECT_TRUE(checker.is_in_message());
    }
  }
}

// A camera's colour profile (ICC) stays in the head of its JPEGs.
TEST_F(UpdateCheckerTest, HeadsMayHaveALargeColourProfile) {
  const auto with_profile = [](std::string jpeg, size_t size) {
    const std::string length{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
    return jpeg.insert(2, "\xff\xe2" + length + std::string(size - 2, 'p'));
  };
  for (const size_t size : {3000u, 0xffffu}) {
    const std::string whole = with_profile(std::string(one.index.jpeg), size);
    const std::string update = with_profile(atlas({{0, 20}}), size);
    for (const size_t step : {100u, 1u << 20}) {
      UpdateChecker checker(false);
      EXPECT_EQ(read(checker,
                     message_frame(1) + binary_frame(whole) +
                         message_frame(2, update_key(1, "[0,20]", 20)) + binary_frame(update),
                     step),
                (std::vector{Kind::whole, Kind::update}))
          << size;
    }
  }
}

TEST_F(UpdateCheckerTest, JoinedPicturesAreHashed) {
  UpdateChecker joins(true);
  UpdateChecker whole(true);
  UpdateChecker heads(false);
  EXPECT_EQ(joins.hash(), std::nullopt);
  for (UpdateChecker* each : {&joins, &heads}) read(*each, whole_frame(1) + update_frame(1, 2));
  EXPECT_EQ(heads.hash(), std::nullopt);
  EXPECT_TRUE(joins.part().was_looked_at);
  EXPECT_FALSE(heads.part().was_looked_at);
  read(whole, message_frame(9) + binary_frame(two.index.jpeg));
  EXPECT_EQ(joins.hash(), whole.hash()) << "the same picture";
  read(whole, message_frame(10) + binary_frame(one.index.jpeg));
  EXPECT_NE(joins.hash(), whole.hash());
}

TEST_F(UpdateCheckerTest, NamesWhatDoesNotFit) {
  const std::string first = whole_frame(1);
  const std::string one_segment = message_frame(2, update_key(1, "[0,1]", 1));
  EXPECT_EQ(problem_of(first + update_frame(0, 2)),
            "an update of a frame that is not the last one");
  EXPECT_EQ(problem_of(first + empty_update_frame(2, 2)),
            "an update of a frame that is not the last one");
  EXPECT_EQ(problem_of(first + one_segment + binary_frame("GIF89a")), "not a whole JPEG");
  const std::string atlas_of_one = atlas({{0, 1}});
  EXPECT_EQ(problem_of(first + one_segment +
                       binary_frame(atlas_of_one.substr(0, atlas_of_one.size() - 1))),
            "not a whole JPEG");
  EXPECT_EQ(problem_of(first + one_segment + binary_frame(atlas({{0, 20}}))),
            "the atlas has other dimensions than its message says");
  EXPECT_EQ(problem_of(message_frame(1) + binary_frame("\xff\xd8\xff\xd9") + one_segment +
                       binary_frame(atlas_of_one)),
            "an update of a frame without segments");
  EXPECT_EQ(problem_of(first + message_frame(2, "", "other")), "a message about another camera");
  EXPECT_EQ(problem_of(first + message_frame(2) + message_frame(3)),
            "a message without its picture");
  EXPECT_EQ(problem_of(binary_frame("\xff\xd8\xff\xd9")), "a picture without its message");
  EXPECT_EQ(problem_of(server_frame(WebSocketOpcode::text, "text")), "not a JSON object");
  EXPECT_EQ(problem_of(std::string("\xc1\x00", 2)), "a frame of an unknown extension");
}

// Only where all bytes are kept.
TEST_F(UpdateCheckerTest, JoiningFindsDamageWithinSegments) {
  std::string damaged = atlas({{0, 20}});
  damaged.replace(damaged.size() / 2, 2, "\xff\xd9");
  UpdateChecker checker(true);
  std::string stream =
      whole_frame(1) + message_frame(2, update_key(1, "[0,20]", 20)) + binary_frame(damaged);
  std::string_view bytes = stream;
  EXPECT_EQ(checker.read(bytes), Event::frame);
  EXPECT_EQ(checker.read(bytes), Event::broken);
  EXPECT_EQ(checker.problem(), "the atlas is cut off, or its segments are damaged");
}

TEST_F(UpdateCheckerTest, ReportsPingsAndTheClose) {
  UpdateChecker checker(false);
  const std::string stream = server_frame(WebSocketOpcode::ping, "hello") +
                             server_frame(WebSocketOpcode::close, "\x03\xe9");
  std::string_view bytes = stream;
  EXPECT_EQ(checker.read(bytes), Event::ping);
  EXPECT_EQ(checker.control(), "hello");
  EXPECT_EQ(checker.read(bytes), Event::closed);
}

}  // namespace
}  // namespace fanlight
