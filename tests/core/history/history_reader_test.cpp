// SPDX-License-Identifier: Apache-2.0
#include "core/history/history_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/history/history_helper.h"

namespace fanlight {
namespace {

struct HistoryReaderTest : testing::Test {
  bool read(uint64_t sequence) {
    room.assign(HistoryReader::room_for(16 << 10), 'x');
    return reader.read(world.history, sequence, room, frame);
  }
  // The last frame up to this one in which something changed.
  static uint64_t loud(uint64_t sequence) {
    while (is_quiet(sequence)) --sequence;
    return sequence;
  }

  HistoryWorld world{{.length = 60s, .memory_max = 4 << 20, .jpeg_max = 16 << 10}};
  HistoryReader reader;
  std::vector<char> room;
  Frame frame;
};

// 200 begins an epoch: its head is another one.
TEST_F(HistoryReaderTest, EveryFrameIsWholeAgain) {
  for (uint64_t i = 1; i <= 420; ++i) world.publish(i);
  for (uint64_t i = 1; i <= 420; ++i) {
    ASSERT_TRUE(read(i)) << i;
    uint64_t found = 0;
    ASSERT_TRUE(read_divided_picture(frame.jpeg(), found)) << i;
    ASSERT_EQ(found, loud(i));
  }
  EXPECT_FALSE(read(421));
  EXPECT_FALSE(read(0));
}

TEST_F(HistoryReaderTest, FrameIsThatOfTheRing) {
  FrameInfo info = history_info(1);
  world.publish(info);
  info = history_info(2);
  info.captured_wall += 123us;
  world.publish(info);
  const FrameRef original = world.ring.newer_than(1);
  ASSERT_TRUE(read(2));
  EXPECT_EQ(frame.plain_part(), original->plain_part()) << "head, JPEG and delimiter";
  EXPECT_EQ(frame.advance_part(), original->advance_part());
  EXPECT_TRUE(frame.holds(frame.jpeg()));
  EXPECT_EQ(frame.info().captured_at, info.captured_at);
  EXPECT_EQ(frame.pictures(), 2u);
  EXPECT_FALSE(frame.is_in_ring());
  EXPECT_TRUE(original->is_in_ring());
}

TEST_F(HistoryReaderTest, PicturesThatAreNotDividedAreAmongThem) {
  world.publish(1);
  world.publish_undivided(history_info(2), 3000);
  FrameInfo slate = history_info(3);
  slate.slate_reason = SlateReason("camera lost");
  world.publish_undivided(slate, 500);
  world.publish(4);
  world.publish(5);
  ASSERT_TRUE(read(2));
  EXPECT_EQ(read_test_picture(frame.jpeg()), std::optional<uint64_t>(2));
  ASSERT_TRUE(read(3));
  EXPECT_EQ(frame.info().slate_reason.view(), "camera lost");
  EXPECT_NE(frame.plain_part().find("X-Slate: camera lost"), std::string_view::npos);
  ASSERT_TRUE(read(5));
  uint64_t found = 0;
  ASSERT_TRUE(read_divided_picture(frame.jpeg(), found));
  EXPECT_EQ(found, loud(5));
}

TEST_F(HistoryReaderTest, NumbersThatWereNotRecordedAreNotFound) {
  world.publish(1);
  world.publish(3);
  EXPECT_FALSE(read(2));
  EXPECT_TRUE(read(3));
}

TEST_F(HistoryReaderTest, NeedsRoomForThePart) {
  world.publish(1);
  const size_t size = world.history.find_after(0)->jpeg_size;
  room.assign(HistoryReader::room_for(size) - 1, 0);
  EXPECT_FALSE(reader.read(world.history, 1, room, frame));
  room.assign(HistoryReader::room_for(size), 0);
  ASSERT_TRUE(reader.read(world.history, 1, room, frame));
  EXPECT_EQ(frame.jpeg().size(), size);
  EXPECT_EQ(frame.advance_part().data() + frame.advance_part().size(), room.data() + room.size());
}

TEST_F(HistoryReaderTest, FrameThatWasForgottenIsNotFound) {
  HistoryWorld other({.length = 1s, .memory_max = 1 << 20, .jpeg_max = 16 << 10});
  for (uint64_t i = 1; i <= 100; ++i) other.publish(i);
  room.assign(HistoryReader::room_for(16 << 10), 0);
  EXPECT_FALSE(reader.read(other.history, 1, room, frame));
  EXPECT_TRUE(reader.read(other.history, other.oldest(), room, frame));
  EXPECT_TRUE(reader.read(other.history, 100, room, frame));
}

}  // namespace
}  // namespace fanlight
