// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/update_cache.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/core/segments/divided_frames.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

struct UpdateCacheTest : testing::Test {
  FrameRing ring{{.window = 8, .jpeg_capacity = 64 << 10, .memory_limit = 8 << 20}};
  const std::string camera = "cam";
  UpdateCache cache{ring, camera};

  FrameRef publish(uint64_t sequence, std::optional<size_t> kept = {}) {
    return publish_divided(ring, sequence, kept);
  }
  FrameRef publish_up_to(uint64_t last) {
    for (uint64_t sequence = 1; sequence < last; ++sequence) publish(sequence);
    return publish(last);
  }
};

TEST_F(UpdateCacheTest, UpdateIsADescriptionAndAnAtlas) {
  const uint64_t number = busy_frame(10);
  TestCanvas canvas;
  canvas.take_whole(publish_up_to(number - 1)->jpeg(), number - 1);
  const FrameRef frame = publish(number);
  const UpdateRef update = cache.get(*frame, number - 1);
  ASSERT_TRUE(update);
  EXPECT_FALSE(update.is_empty());
  const std::vector<ServerFrame> messages = server_frames(update.bytes());
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].first, 0x81);
  EXPECT_EQ(messages[1].first, 0x82);
  EXPECT_TRUE(messages[0].payload.starts_with(R"({"camera":"cam","sequence":)" +
                                              std::to_string(number) + R"(,"timestamp":)"))
      << messages[0].payload;
  EXPECT_EQ(canvas.take_update(messages[0].payload, messages[1].payload), "");
  EXPECT_EQ(canvas.check(number), "");
}

// Byte for byte, as docs/api.md has it.
TEST_F(UpdateCacheTest, EmptyUpdateIsOnlyADescription) {
  uint64_t number = 2;
  while (!is_quiet(number)) ++number;
  const FrameRef frame = publish_up_to(number);
  const UpdateRef update = cache.get(*frame, number - 1);
  ASSERT_TRUE(update);
  EXPECT_TRUE(update.is_empty());
  const std::vector<ServerFrame> messages = server_frames(update.bytes());
  ASSERT_EQ(messages.size(), 1u);
  const std::string seconds =
      fmt::format("{}.{}00000", 1'700'000'000 + number * 3 / 2, number % 2 * 5);
  EXPECT_EQ(messages[0].payload,
            R"({"camera":"cam","sequence":)" + std::to_string(number) + R"(,"timestamp":)" +
                seconds + R"(,"update":{"base":)" + std::to_string(number - 1) +
                R"(,"width":185,"height":32,"segment_width":32,"segment_height":8,)"
                R"("atlas_columns":1,"runs":[]}})");
}

TEST_F(UpdateCacheTest, ViewersShareAnUpdate) {
  const FrameRef frame = publish_up_to(busy_frame(20));
  const uint64_t base = frame->sequence() - 1;
  const UpdateRef one = cache.get(*frame, base);
  const UpdateRef other = cache.get(*frame, base);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one.bytes().data(), other.bytes().data());
  EXPECT_NE(cache.get(*frame, base - 1).bytes().data(), one.bytes().data());
}

TEST_F(UpdateCacheTest, UpdateStaysWhileItIsSentThoughThereAreNewerFrames) {
  const FrameRef frame = publish_up_to(busy_frame(20));
  const UpdateRef sent = cache.get(*frame, frame->sequence() - 1);
  const std::string before(sent.bytes());
  cache.forget();
  for (uint64_t i = frame->sequence() + 1; i < frame->sequence() + 50; ++i) {
    cache.get(*publish(i), i - 1);
  }
  EXPECT_EQ(sent.bytes(), before);
  EXPECT_LE(cache.held_bytes(), 3u * 4096) << "two or three slots are used in turn";
}

TEST_F(UpdateCacheTest, FrameIsSentWholeWhereAnUpdateWouldNotBeSmaller) {
  publish_up_to(kTestEpoch - 1);
  const FrameRef renewed = publish(kTestEpoch);
  EXPECT_FALSE(cache.get(*renewed, kTestEpoch - 1)) << "other tables";
  for (uint64_t last = kTestEpoch + 1; last < kTestEpoch + 190; last += 7) {
    const FrameRef newer = publish(last + 7);
    for (uint64_t base = kTestEpoch; base < last; base += 5) {
      const UpdateRef update = cache.get(*newer, base);
      const size_t size = update ? update.bytes().size() : 0;
      EXPECT_LT(size, newer->jpeg().size());
    }
  }
  // All sizes around that of the frame.
  for (size_t i = 0; i < 100; ++i) {
    const size_t kept = i % kTestGrid.count();
    const uint64_t base = ring.newer_than(0)->sequence();
    const FrameRef newer = publish(base + 1, kept);
    const UpdateRef update = cache.get(*newer, base);
    EXPECT_LT(update ? update.bytes().size() : 0, newer->jpeg().size()) << kept;
  }
  EXPECT_FALSE(cache.get(*renewed, 0));
  EXPECT_FALSE(cache.get(*renewed, 2 * kTestEpoch)) << "it has not been published";
}

// Their viewers get whole frames.
TEST_F(UpdateCacheTest, NoMoreUpdatesThanSlotsAreHeld) {
  publish_up_to(5);
  std::vector<UpdateRef> held;
  for (uint64_t i = 6; held.size() < UpdateCache::kSlots; ++i) {
    UpdateRef update = cache.get(*publish(i), i - 1);
    if (update) held.push_back(std::move(update));
    ASSERT_LT(i, kTestEpoch);
  }
  cache.forget();
  const uint64_t next = busy_frame(kTestEpoch - 10);
  EXPECT_FALSE(cache.get(*publish(next), next - 1));
  held.pop_back();
  cache.forget();
  EXPECT_TRUE(cache.get(*publish(next + 1), next));
}

TEST_F(UpdateCacheTest, MemoryIsLimited) {
  FrameRing small{{.window = 8, .jpeg_capacity = 64 << 10, .memory_limit = 64 << 10}};
  UpdateCache limited(small, camera);
  EXPECT_EQ(limited.memory_max(), 8u << 10);
  const FrameRef frame = publish_up_to(busy_frame(20));
  const UpdateRef one = limited.get(*frame, frame->sequence() - 1);
  EXPECT_TRUE(one);
  const UpdateRef two = limited.get(*frame, frame->sequence() - 2);
  EXPECT_TRUE(two);
  EXPECT_FALSE(limited.get(*frame, frame->sequence() - 3));
  EXPECT_LE(limited.held_bytes(), limited.memory_max());
}

TEST_F(UpdateCacheTest, MeanSizeCountsWholeFramesThatAreSentInstead) {
  EXPECT_EQ(cache.mean_bytes(), 0u);
  FrameRef frame = publish_up_to(busy_frame(20));
  const size_t size = cache.get(*frame, frame->sequence() - 1).bytes().size();
  EXPECT_EQ(cache.mean_bytes(), size);
  // Each segment is described, and there is nothing of a head to spare.
  std::vector<Segment> segments(kTestGrid.count() + 1);
  const FrameRing::Acquired acquired = ring.acquire();
  const uint64_t next = frame->sequence() + 1;
  const size_t jpeg = write_divided_picture(acquired.place.jpeg, next, segments);
  for (size_t i = 0; i < kTestGrid.count(); ++i) segments[i].age = 0;
  std::ranges::copy(segments, ring.segment_room(acquired.place, jpeg).begin());
  FrameInfo info;
  info.sequence = next;
  ring.publish(acquired.place, jpeg, info, kTestGrid);
  frame = ring.newer_than(next - 1);
  EXPECT_FALSE(cache.get(*frame, next - 1));
  EXPECT_GT(cache.mean_bytes(), size);
}

// Each counts as a sixteenth of the mean.
TEST_F(UpdateCacheTest, MeanSizeIsThatOfTheLastOnes) {
  size_t mean = 0;
  FrameRef frame = publish_up_to(busy_frame(20));
  for (uint64_t base = frame->sequence() - 1; base > frame->sequence() - 12; --base) {
    const UpdateRef update = cache.get(*frame, base);
    ASSERT_TRUE(update);
    const size_t size = update.bytes().size();
    mean = mean == 0 ? size : (15 * mean + size) / 16;
    EXPECT_EQ(cache.mean_bytes(), mean) << base;
  }
}

TEST_F(UpdateCacheTest, ViewersShareTheDescriptionOfAWholeFrame) {
  const FrameRef frame = publish_up_to(5);
  const std::string_view description = cache.description_of(*frame);
  EXPECT_EQ(cache.description_of(*frame).data(), description.data());
  EXPECT_TRUE(description.substr(2).starts_with(R"({"camera":"cam","sequence":5,)")) << description;
  EXPECT_EQ(description.substr(description.size() - 4, 2), "\x82\x7e");
  const std::string before(description);
  for (uint64_t i = 6; i < 10; ++i) cache.description_of(*publish(i));
  EXPECT_EQ(description, before) << "as long as the frame is pinned";
}

TEST_F(UpdateCacheTest, RepeatOfAFrameThatIsNotDividedIsEmpty) {
  const FrameRing::Acquired acquired = ring.acquire();
  FrameInfo info;
  info.sequence = 3;
  info.width = 640;
  info.height = 480;
  ring.publish(acquired.place, 5'000, info);
  const FrameRef frame = ring.newer_than(2);
  EXPECT_FALSE(cache.get(*frame, 2));
  const UpdateRef update = cache.get(*frame, 3);
  ASSERT_TRUE(update);
  EXPECT_TRUE(update.is_empty());
  EXPECT_NE(update.bytes().find(R"("segment_width":640,"segment_height":480)"),
            std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
