// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/update_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"
#include "tests/capture/relay/test_updates.h"

namespace fanlight {
namespace {

using Event = UpdateReader::Event;

class UpdateReaderTest : public testing::Test, protected TestUpdates {
 protected:
  // The events of a stream that arrives in pieces of `step` bytes.
  std::vector<Event> read(std::string_view stream, size_t step = 1 << 20) {
    std::vector<Event> events;
    while (!stream.empty()) {
      std::string_view bytes = stream.substr(0, step);
      stream.remove_prefix(bytes.size());
      for (;;) {
        const Event event = reader_.read(bytes);
        if (event == Event::none) break;
        events.push_back(event);
        if (event == Event::picture) reader_.take(part_);
        if (event == Event::damaged || event == Event::closed) return events;
      }
      EXPECT_TRUE(bytes.empty());
    }
    return events;
  }
  void expect_damaged(std::string_view stream, std::string_view problem) {
    reader_.restart();
    std::vector<Event> events = read(stream);
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back(), Event::damaged);
    EXPECT_EQ(reader_.problem(), problem);
    EXPECT_EQ(read(whole_frame(1)), std::vector<Event>{}) << "it is over";
    reader_.restart();
    EXPECT_EQ(read(whole_frame(1)), std::vector{Event::picture}) << "it starts anew";
  }
  std::string_view body() const {
    return {reinterpret_cast<const char*>(part_.body.data()), part_.body.size()};
  }

  UpdateReader reader_{1 << 20};
  MultipartPart part_;
};

TEST_F(UpdateReaderTest, ReadsWholeFramesAndUpdates) {
  for (const size_t step : {1u, 7u, 1000u, 1u << 20}) {
    reader_.restart();
    EXPECT_EQ(read(whole_frame(3), step), std::vector{Event::picture});
    EXPECT_TRUE(body() == one.index.jpeg);
    EXPECT_EQ(part_.sequence, 3u);
    EXPECT_EQ(part_.captured, WallTime(1'700'000'000'000'003us));
    EXPECT_EQ(part_.slate_reason, "");
    EXPECT_EQ(read(empty_update_frame(3, 4), step), std::vector{Event::repeat});
    EXPECT_EQ(read(update_frame(4, 6, false), step), std::vector{Event::picture});
    EXPECT_FALSE(body() == one.index.jpeg || body() == two.index.jpeg);
    EXPECT_EQ(decode(body()).width, 320);
    EXPECT_EQ(part_.sequence, 6u);
    EXPECT_EQ(read(update_frame(6, 7), step), std::vector{Event::picture});
    EXPECT_TRUE(body() == two.index.jpeg) << "byte for byte the server's frame";
  }
}

TEST_F(UpdateReaderTest, KnowsWhetherThereAreUpdates) {
  read(whole_frame(1) + whole_frame(2));
  EXPECT_FALSE(reader_.has_updates());
  read(empty_update_frame(2, 2));
  EXPECT_TRUE(reader_.has_updates());
}

TEST_F(UpdateReaderTest, SlatesHaveTheirReasons) {
  EXPECT_EQ(read(whole_frame(1, R"(,"slate":"camera lost")")), std::vector{Event::picture});
  EXPECT_EQ(part_.slate_reason, "camera lost");
  read(whole_frame(2));
  EXPECT_EQ(part_.slate_reason, "");
}

TEST_F(UpdateReaderTest, ATimeBeforeTheClockWasSetIsNone) {
  read(server_frame(WebSocketOpcode::text, R"({"camera":"front","sequence":1,"timestamp":12.5})") +
       binary_frame(one.index.jpeg));
  EXPECT_EQ(part_.captured, std::nullopt);
}

TEST_F(UpdateReaderTest, AnswersPingsAndTheClose) {
  EXPECT_EQ(
      read(server_frame(WebSocketOpcode::ping, "one") + server_frame(WebSocketOpcode::ping, "two") +
           server_frame(WebSocketOpcode::pong, "three")),
      std::vector<Event>{});
  const std::string pong = reader_.take_reply();
  ASSERT_EQ(pong.size(), 9u);
  EXPECT_EQ(pong[0], '\x8a');
  EXPECT_EQ(unmasked(pong), "two");
  EXPECT_EQ(reader_.take_reply(), "");
  EXPECT_EQ(read(server_frame(WebSocketOpcode::close,
                              "\x03\xe9"
                              "bye")),
            std::vector{Event::closed});
  EXPECT_EQ(unmasked(reader_.take_reply()), "\x03\xe9");
}

TEST_F(UpdateReaderTest, WhatDoesNotFitIsDamaged) {
  const std::string first = whole_frame(1);
  expect_damaged(update_frame(1, 2), "an update without a whole frame before it");
  expect_damaged(empty_update_frame(1, 2), "an update without a whole frame before it");
  expect_damaged(first + update_frame(0, 2), "an update of a frame that is not the last one");
  expect_damaged(first + empty_update_frame(2, 2), "an update of a frame that is not the last one");
  expect_damaged(first + message_frame(2, update_key(1, "[0,21]", 20)),
                 "update: a run is not a pair, is empty, out of the picture, or out of order");
  expect_damaged(first + message_frame(2, update_key(1, "[0,1]", 1)) + binary_frame("GIF89a"),
                 "the atlas is not a JPEG in segments");
  expect_damaged(
      first + message_frame(2, update_key(1, "[0,1]", 1)) + binary_frame(atlas({{0, 20}})),
      "the atlas has other dimensions than its message says");
  expect_damaged(first + message_frame(2, "", "other"), "a message about another camera");
  expect_damaged(first + message_frame(2) + message_frame(3), "a message without its picture");
  expect_damaged(binary_frame("x"), "a picture without its message");
  expect_damaged(first + empty_update_frame(1, 2) + binary_frame("x"),
                 "a picture without its message");
  expect_damaged(server_frame(WebSocketOpcode::text, "{}"), "no camera");
  expect_damaged(server_frame(WebSocketOpcode::text, "text"), "not a JSON object");
  expect_damaged(message_frame(1) + binary_frame(std::string((1 << 20) + 1, 'x')),
                 "a message too long");
  expect_damaged(std::string("\xc1\x00", 2), "a frame of an unknown extension");
}

// Its markers are in order, but a segment has bits that are no code, or lacks its last block.
TEST_F(UpdateReaderTest, AnAtlasThatDecodersWouldFillInIsDamaged) {
  const std::string message = message_frame(2, update_key(1, "[0,2]", 2));
  const std::string whole = atlas({{0, 2}});
  const size_t end = whole.find("\xff\xd0");
  ASSERT_NE(end, whole.npos);
  EXPECT_EQ(read(whole_frame(1) + message + binary_frame(whole)),
            (std::vector{Event::picture, Event::picture}));
  for (const size_t cut : {size_t{4}, size_t{100}}) {
    expect_damaged(
        whole_frame(1) + message + binary_frame(whole.substr(0, end - cut) + whole.substr(end)),
        "the segments of the atlas are damaged");
  }
  std::string changed = whole;
  for (size_t i = end - 40; i < end; i += 2) changed.replace(i, 2, std::string("\xff\0", 2));
  expect_damaged(whole_frame(1) + message + binary_frame(changed),
                 "the segments of the atlas are damaged");
}

TEST_F(UpdateReaderTest, TheCameraStaysTheSameAfterARestart) {
  read(whole_frame(1));
  reader_.restart();
  EXPECT_EQ(read(message_frame(2, "", "other")), std::vector{Event::damaged});
}

// Whatever is changed on the way: each picture is whole.
TEST_F(UpdateReaderTest, DamageIsNoticedOrHarmless) {
  constexpr uint64_t kSeed = 20261129;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  const std::string first = whole_frame(1);
  const std::string updates =
      update_frame(1, 2, false) + empty_update_frame(2, 3) + update_frame(3, 4, false);
  std::vector<Segment> segments(kSegmentsMax + 1);
  for (int run = 0; run < 2'000; ++run) {
    std::string damaged = updates;
    for (uint64_t i = 0; i <= random.below(3); ++i) {
      damaged[random.below(damaged.size())] = static_cast<char>(random.next());
    }
    reader_.restart();
    ASSERT_EQ(read(first), std::vector{Event::picture});
    read(damaged, 1 + random.below(2000));
    SegmentGrid grid;
    if (part_.body.size() < 4 || reader_.problem().empty()) continue;
    ASSERT_TRUE(find_segments(part_.body, grid, segments)) << run << reader_.problem();
  }
}

}  // namespace
}  // namespace fanlight
