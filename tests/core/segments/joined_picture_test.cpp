// SPDX-License-Identifier: Apache-2.0
#include "core/segments/joined_picture.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"
#include "tests/core/segments/divided_picture.h"
#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

constexpr size_t kBytesMax = 1 << 20;

std::string written(const JoinedPicture& joined) {
  std::string out(joined.size(), '\0');
  EXPECT_EQ(joined.write(out.data()), out.data() + out.size());
  return out;
}

class JoinedPictureTest : public testing::Test {
 protected:
  JoinedPictureTest() { joined_.take_whole(one_.index.jpeg, 1); }

  // The message and the atlas of `runs` in the second picture, changed by the test.
  UpdateMessage message(const Runs& runs = kRuns) { return message_of(two_.index, runs, 1, 2); }
  std::string atlas(const Runs& runs = kRuns) { return as_text(atlas_of(two_.index, runs)); }
  // It changes nothing, and all others are refused until the next whole frame.
  void expect_refused(const UpdateMessage& message, const std::string& atlas,
                      std::string_view problem) {
    EXPECT_EQ(joined_.take_update(message, atlas), problem);
    EXPECT_TRUE(written(joined_) == one_.index.jpeg);
    EXPECT_EQ(joined_.take_update(message_of(two_.index, kRuns, 1, 2), this->atlas()),
              "an update without a whole frame before it");
    EXPECT_EQ(joined_.take_update(message_of(two_.index, {}, 1, 2), ""),
              "an update without a whole frame before it");
    joined_.take_whole(one_.index.jpeg, 1);
    EXPECT_EQ(joined_.take_update(message_of(two_.index, kRuns, 1, 2), this->atlas()), "");
    joined_.take_whole(one_.index.jpeg, 1);
  }

  inline static const Runs kRuns{{3, 1}, {7, 9}, {40, 13}};
  const Divided one_{noise_jpeg(640, 96, 1)};
  const Divided two_{noise_jpeg(640, 96, 2)};
  JoinedPicture joined_{kBytesMax};
};

TEST_F(JoinedPictureTest, AWholeFrameIsWrittenAsItIs) {
  EXPECT_TRUE(written(joined_) == one_.index.jpeg);
  EXPECT_EQ(joined_.sequence(), 1u);
  EXPECT_TRUE(joined_.has_segments());
  joined_.take_whole(two_.index.jpeg, 2);
  EXPECT_TRUE(written(joined_) == two_.index.jpeg);
}

TEST_F(JoinedPictureTest, AWholeFrameOfTheSameSizeAllocatesNothing) {
  const uint64_t before = forbidden_allocations();
  {
    const AllocationForbidden forbidden;
    joined_.take_whole(one_.index.jpeg, 2);
  }
  EXPECT_EQ(forbidden_allocations(), before);
  EXPECT_EQ(joined_.sequence(), 2u);
}

// The pixels inside the segments are the newer picture's, all others the older one's.
TEST_F(JoinedPictureTest, HasTheNewestBytesOfEachSegment) {
  EXPECT_EQ(joined_.take_update(message(), atlas()), "");
  EXPECT_EQ(joined_.sequence(), 2u);
  const std::string out = written(joined_);
  std::vector<Segment> segments(kSegmentsMax + 1);
  SegmentIndex index{.jpeg = out};
  ASSERT_TRUE(find_segments(bytes_of(out), index.grid, segments));
  index.segments = segments;
  ASSERT_EQ(index.grid, one_.index.grid);
  EXPECT_TRUE(index.head() == one_.index.head());
  for (size_t i = 0; i < index.grid.count(); ++i) {
    const bool is_newer = i == 3 || (i >= 7 && i < 16) || (i >= 40 && i < 53);
    EXPECT_TRUE(index.bytes_of(i) == (is_newer ? two_ : one_).index.bytes_of(i)) << i;
  }
  EXPECT_EQ(decode(out).width, 640) << "a decoder accepts it without a warning";
}

// Every update in turn brings it nearer to the server's frame: at the end it is that, byte for
// byte.
TEST_F(JoinedPictureTest, OfAllSegmentsOfAFrameIsThatFrame) {
  constexpr uint64_t kSeed = 20261129;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  const JpegKind yuv422{.sampling = {{2, 1}, {1, 1}, {1, 1}}};
  const JpegKind grey{.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}};
  for (const auto& [width, height] : {std::pair{640, 480}, {801, 133}, {1366, 40}, {50, 50}}) {
    for (const JpegKind& kind : {JpegKind{}, yuv422, grey}) {
      const int channels = kind.colours == JCS_GRAYSCALE ? 1 : 3;
      Pixels pixels = shades(width, height, channels);
      const Divided first(encode_pixels(pixels, kind));
      for (uint8_t& sample : pixels.samples) sample = static_cast<uint8_t>(255 - sample);
      const Divided second(encode_pixels(pixels, kind));
      JoinedPicture joined(kBytesMax);
      joined.take_whole(first.index.jpeg, 1);
      uint64_t sequence = 1;
      for (int i = 0; i < 5; ++i, ++sequence) {
        const Runs runs = random_runs(random, second.index.grid, 0.3);
        const auto update = message_of(second.index, runs, sequence, sequence + 1);
        ASSERT_EQ(joined.take_update(update, as_text(atlas_of(second.index, runs))), "");
        EXPECT_EQ(decode(written(joined)).width, width);
      }
      const Runs all{{0, static_cast<uint16_t>(second.index.grid.count())}};
      const auto update = message_of(second.index, all, sequence, sequence + 1);
      ASSERT_EQ(joined.take_update(update, as_text(atlas_of(second.index, all))), "");
      EXPECT_TRUE(written(joined) == second.index.jpeg) << width << "x" << height;
    }
  }
}

TEST_F(JoinedPictureTest, AnEmptyUpdateChangesOnlyTheSequence) {
  EXPECT_EQ(joined_.take_update(message({}), ""), "");
  EXPECT_EQ(joined_.sequence(), 2u);
  EXPECT_TRUE(written(joined_) == one_.index.jpeg);
}

// However long it goes on: the memory is compacted, and what is written stays right.
TEST_F(JoinedPictureTest, LastsForManyUpdates) {
  constexpr uint64_t kSeed = 20261128;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  std::vector<bool> is_newer(one_.index.grid.count());
  for (uint64_t sequence = 1; sequence < 300; ++sequence) {
    const bool second = random.chance(0.5);
    const SegmentIndex& from = (second ? two_ : one_).index;
    const Runs runs = random_runs(random, from.grid, 0.2);
    for (const SegmentRun& run : runs) {
      for (size_t i = 0; i < run.count; ++i) is_newer[run.first + i] = second;
    }
    const UpdateMessage update = message_of(from, runs, sequence, sequence + 1);
    ASSERT_EQ(joined_.take_update(update, as_text(atlas_of(from, runs))), "");
  }
  const std::string out = written(joined_);
  std::vector<Segment> segments(kSegmentsMax + 1);
  SegmentIndex index{.jpeg = out};
  ASSERT_TRUE(find_segments(bytes_of(out), index.grid, segments));
  index.segments = segments;
  for (size_t i = 0; i < is_newer.size(); ++i) {
    EXPECT_TRUE(index.bytes_of(i) == (is_newer[i] ? two_ : one_).index.bytes_of(i)) << i;
  }
}

// Pictures grow and shrink, and all their segments change at once.
TEST_F(JoinedPictureTest, ItsMemoryIsThreeTimesItsLimitAtMost) {
  constexpr uint64_t kSeed = 20261130;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  Pixels pixels = shades(640, 96, 3);
  const Divided small(encode_pixels(pixels));
  for (uint8_t& sample : pixels.samples) sample = static_cast<uint8_t>(random.below(256));
  const Divided large(encode_pixels(pixels));
  const size_t bytes_max = large.index.jpeg.size();
  ASSERT_LT(2 * small.index.jpeg.size(), bytes_max);
  JoinedPicture joined(bytes_max);
  joined.take_whole(small.index.jpeg, 1);
  const auto count = static_cast<uint16_t>(large.index.grid.count());
  for (uint64_t sequence = 1; sequence < 40; ++sequence) {
    const SegmentIndex& from = (sequence % 7 < 2 ? small : large).index;
    const Runs runs{{0, sequence % 5 == 0 ? uint16_t(count / 2) : count}};
    const UpdateMessage update = message_of(from, runs, sequence, sequence + 1);
    ASSERT_EQ(joined.take_update(update, as_text(atlas_of(from, runs))), "");
    if (runs[0].count == count) {
      EXPECT_TRUE(written(joined) == from.jpeg) << sequence;
    }
    EXPECT_LE(joined.held_bytes(), 3 * bytes_max) << sequence;
  }
}

TEST_F(JoinedPictureTest, AnUpdateOfAnotherFrameIsRefused) {
  UpdateMessage update = message();
  update.update->base = 0;
  expect_refused(update, atlas(), "an update of a frame that is not the last one");
  update = message({});
  update.update->base = 2;
  expect_refused(update, "", "an update of a frame that is not the last one");
}

TEST_F(JoinedPictureTest, AnUpdateOfAnotherGeometryIsRefused) {
  for (const auto change : std::initializer_list<void (*)(SegmentUpdate&)>{
           [](SegmentUpdate& update) { update.width = 639; },
           [](SegmentUpdate& update) { update.height = 95; },
           [](SegmentUpdate& update) { update.grid.width = 32; },
           [](SegmentUpdate& update) { update.grid.height = 8; },
           [](SegmentUpdate& update) { update.grid.rows = 12; }}) {
    UpdateMessage update = message();
    change(*update.update);
    expect_refused(update, atlas(), "an update of another geometry");
  }
}

TEST_F(JoinedPictureTest, AnAtlasWithOtherTablesIsRefused) {
  constexpr std::string_view kProblem = "the atlas has other tables than the whole frame";
  const size_t head = one_.index.head().size();
  const size_t dimensions = read_jpeg_head(one_.index.jpeg)->dimensions;
  for (const size_t at : {size_t{30}, dimensions - 6, dimensions + 5, head - 1}) {
    std::string other = atlas();
    other[at] = static_cast<char>(other[at] ^ 1);
    ASSERT_NE(joined_.take_update(message(), other), "") << at;
    joined_.take_whole(one_.index.jpeg, 1);
  }
  std::string other = atlas();
  other[30] = static_cast<char>(other[30] ^ 1);
  expect_refused(message(), other, kProblem);
  const Divided optimized(encode_pixels(shades(640, 96, 3), {.is_optimized = true}));
  expect_refused(message(), as_text(atlas_of(optimized.index, kRuns)), kProblem);
}

TEST_F(JoinedPictureTest, AnAtlasOfOtherDimensionsIsRefused) {
  constexpr std::string_view kProblem = "the atlas has other dimensions than its message says";
  expect_refused(message(), atlas({{0, 30}}), kProblem);
  expect_refused(message(), atlas({{0, 1}}), kProblem);
  UpdateMessage update = message();
  ++update.update->atlas_columns;
  expect_refused(update, atlas(), kProblem);
}

TEST_F(JoinedPictureTest, ADamagedAtlasIsRefused) {
  constexpr std::string_view kProblem = "the atlas is cut off, or its segments are damaged";
  const std::string whole = atlas();
  const size_t head = one_.index.head().size();
  expect_refused(message(), whole.substr(0, whole.size() - 1), kProblem);
  expect_refused(message(), whole.substr(0, head), kProblem);
  expect_refused(message(), whole + "\xff\xd9", kProblem);
  std::string marked = whole;
  marked.replace(head + 1, 2, "\xff\xd9");
  expect_refused(message(), marked, kProblem);
}

TEST_F(JoinedPictureTest, WhatIsNoJpegIsRefused) {
  constexpr std::string_view kProblem = "the atlas is not a JPEG in segments";
  expect_refused(message(), "", kProblem);
  expect_refused(message(), "\xff\xd8", kProblem);
  expect_refused(message(), "GIF89a", kProblem);
  expect_refused(message({}), atlas(), "an atlas for an empty update");
}

// Such as a slate, a progressive picture, or anything at all.
TEST_F(JoinedPictureTest, AFrameWithoutSegmentsTakesOnlyEmptyUpdates) {
  const std::string plain = as_text(noise_jpeg(640, 96, 1));
  for (const std::string& frame : {plain, std::string("text"), std::string()}) {
    joined_.take_whole(frame, 1);
    EXPECT_FALSE(joined_.has_segments());
    EXPECT_EQ(joined_.take_update(message({}), ""), "");
    EXPECT_TRUE(written(joined_) == frame);
    UpdateMessage update = message();
    update.update->base = 2;
    EXPECT_EQ(joined_.take_update(update, atlas()), "an update of a frame without segments");
    EXPECT_TRUE(written(joined_) == frame);
  }
}

TEST_F(JoinedPictureTest, BeforeTheFirstWholeFrameThereIsNothing) {
  JoinedPicture joined(kBytesMax);
  EXPECT_EQ(joined.take_update(message({}), ""), "an update without a whole frame before it");
  EXPECT_EQ(joined.take_update(message(), atlas()), "an update without a whole frame before it");
  EXPECT_TRUE(written(joined) == "");
  joined_.forget();
  EXPECT_EQ(joined_.take_update(message(), atlas()), "an update without a whole frame before it");
  EXPECT_TRUE(written(joined_) == "");
}

TEST_F(JoinedPictureTest, NeverBecomesLargerThanItsLimit) {
  JoinedPicture joined(one_.index.jpeg.size());
  joined.take_whole(one_.index.jpeg, 1);
  std::string larger = atlas({{0, 1}});
  larger.insert(larger.size() - 2, std::string(2000, 'x'));
  EXPECT_EQ(joined.take_update(message({{0, 1}}), larger), "the picture has become too large");
  EXPECT_TRUE(written(joined) == one_.index.jpeg);
  joined.take_whole(std::string(one_.index.jpeg) + " ", 1);
  EXPECT_TRUE(written(joined) == "");
  EXPECT_FALSE(joined.sequence());
}

// Whatever is changed: nothing outside is read, and what is written is still a picture in segments.
TEST_F(JoinedPictureTest, DamageIsNoticedOrHarmless) {
  constexpr uint64_t kSeed = 20261201;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  const Bytes whole = atlas_of(two_.index, kRuns);
  std::vector<Segment> segments(kSegmentsMax + 1);
  size_t accepted = 0;
  for (int run = 0; run < 3'000; ++run) {
    Bytes damaged = whole;
    for (uint64_t i = 0; i <= random.below(3); ++i) {
      damaged[random.below(damaged.size())] =
          std::byte(random.below(4) == 0 ? 0xff : random.next());
    }
    if (random.chance(0.2)) damaged.resize(random.below(damaged.size()));
    const GuardedBytes guarded(damaged);
    joined_.take_whole(one_.index.jpeg, 1);
    const std::string_view text(reinterpret_cast<const char*>(guarded.span().data()),
                                damaged.size());
    accepted += joined_.take_update(message(), text).empty();
    const std::string out = written(joined_);
    SegmentGrid grid;
    ASSERT_TRUE(find_segments(bytes_of(out), grid, segments)) << run;
    ASSERT_EQ(grid, one_.index.grid);
  }
  EXPECT_GT(accepted, 0u) << "bits within a segment are not looked at";
}

}  // namespace
}  // namespace fanlight
