// SPDX-License-Identifier: Apache-2.0
#include "core/segments/find_segments.h"

#include <gtest/gtest.h>

#include <vector>

#include "capture/jpeg/jpeg_transform.h"
#include "core/random.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

constexpr SegmentGrid kNone{};

struct Found {
  SegmentGrid grid{};
  std::vector<Segment> segments{};
};

// The grid is empty if the JPEG has no segments. The list has exactly as much room as it needs.
Found find(const Bytes& jpeg) {
  const GuardedBytes guarded(jpeg);
  Found found;
  found.segments.resize(kSegmentsMax + 1);
  if (!find_segments(guarded.span(), found.grid, found.segments)) return {};
  found.segments.resize(found.grid.count() + 1);
  SegmentGrid again;
  EXPECT_TRUE(find_segments(guarded.span(), again, found.segments));
  found.segments.pop_back();
  EXPECT_FALSE(find_segments(guarded.span(), again, found.segments)) << "one too few";
  found.segments.push_back({static_cast<uint32_t>(jpeg.size())});
  std::vector<Segment> grown;
  EXPECT_TRUE(find_segments({reinterpret_cast<const char*>(guarded.span().data()), jpeg.size()},
                            again, grown));
  EXPECT_EQ(grown.size(), found.segments.size());
  return found;
}

Bytes divided(const Bytes& jpeg) {
  Bytes out(2 * jpeg.size() + 4096);
  PictureCells cells;
  const WrittenJpeg written = transform_jpeg(jpeg, {}, out, &cells);
  EXPECT_EQ(written.problem, "");
  out.resize(written.size);
  return out;
}

TEST(FindSegments, AreFoundInEveryKindOfPicture) {
  struct Case {
    int width, height;
    JpegKind kind;
    SegmentGrid grid;
  };
  const JpegKind grey{.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}};
  const JpegKind grey_with_factors{.colours = JCS_GRAYSCALE, .sampling = {{2, 2}}};
  const JpegKind yuv422{.sampling = {{2, 1}, {1, 1}, {1, 1}}};
  const JpegKind yuv444{.sampling = {{1, 1}, {1, 1}, {1, 1}}};
  for (const Case& each :
       {Case{640, 480, {}, {64, 16, 10, 30}}, Case{800, 600, {}, {80, 16, 10, 38}},
        Case{1366, 20, {}, {32, 16, 43, 2}}, Case{33, 17, {}, {48, 16, 1, 2}},
        Case{320, 40, yuv422, {160, 8, 2, 5}}, Case{100, 50, yuv444, {104, 8, 1, 7}},
        Case{1, 1, grey, {8, 8, 1, 1}}, Case{320, 64, grey, {160, 8, 2, 8}},
        Case{320, 64, grey_with_factors, {160, 8, 2, 8}}}) {
    const int channels = each.kind.colours == JCS_GRAYSCALE ? 1 : 3;
    const Bytes jpeg = encode_pixels(shades(each.width, each.height, channels), each.kind);
    const Found found = find(divided(jpeg));
    EXPECT_EQ(found.grid, each.grid)
        << each.width << "x" << each.height << ": " << found.grid.width << "x" << found.grid.height
        << ", " << found.grid.columns << "x" << found.grid.rows;
  }
}

TEST(FindSegments, DividingChangesNoPixelAndFewBytes) {
  for (const uint64_t seed : {1u, 2u}) {
    const Bytes jpeg = noise_jpeg(640, 480, seed);
    const Bytes out = divided(jpeg);
    EXPECT_EQ(difference(decode_pixels(jpeg), decode_pixels(out)), 0);
    EXPECT_LE(double(out.size()), 1.03 * double(jpeg.size()));
  }
}

// A camera's own intervals, if they divide its rows.
TEST(FindSegments, OfACameraAreTakenAsTheyAre) {
  const Pixels pixels = shades(640, 480, 3);
  EXPECT_EQ(find(encode_pixels(pixels, {.restart_interval = 8})).grid,
            (SegmentGrid{128, 16, 5, 30}));
  EXPECT_EQ(find(encode_pixels(pixels, {.restart_interval = 40})).grid,
            (SegmentGrid{640, 16, 1, 30}));
  EXPECT_EQ(find(encode_pixels(pixels, {.restart_interval = 7})).grid, kNone);
  EXPECT_EQ(find(encode_pixels(pixels, {.restart_interval = 80})).grid, kNone);
}

TEST(FindSegments, AreNotFoundWhereThereAreNone) {
  const Pixels pixels = shades(64, 48, 3);
  EXPECT_EQ(find(encode_pixels(pixels)).grid, kNone);
  EXPECT_EQ(find(encode_pixels(pixels, {.is_progressive = true, .restart_interval = 4})).grid,
            kNone);
  EXPECT_EQ(find(encode_pixels(pixels, {.has_separate_scans = true, .restart_interval = 4})).grid,
            kNone);
  EXPECT_EQ(find({}).grid, kNone);
}

TEST(FindSegments, BeginBehindTheirMarkers) {
  const Bytes jpeg = divided(noise_jpeg(320, 64, 3));
  const Found found = find(jpeg);
  ASSERT_EQ(found.grid.count(), 20u);
  EXPECT_EQ(found.segments[0].begin, head_size(jpeg));
  for (size_t i = 1; i < 20; ++i) {
    const size_t begin = found.segments[i].begin;
    EXPECT_EQ(jpeg[begin - 2], std::byte{0xff});
    EXPECT_EQ(jpeg[begin - 1], std::byte(0xd0 + (i - 1) % 8));
  }
  EXPECT_EQ(found.segments[20].begin, jpeg.size());
}

// Whatever is changed, nothing outside is read, and what is found lies in order within the JPEG.
TEST(FindSegments, DamageIsNoticedOrHarmless) {
  const Bytes jpeg = divided(noise_jpeg(160, 48, 4));
  constexpr uint64_t kSeed = 20260601;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  std::vector<Segment> segments(1000);
  for (int run = 0; run < 20'000; ++run) {
    Bytes damaged = jpeg;
    for (uint64_t i = 0; i <= random.below(3); ++i) {
      damaged[random.below(damaged.size())] =
          std::byte(random.below(4) == 0 ? 0xff : random.next());
    }
    if (random.chance(0.2)) damaged.resize(random.below(damaged.size()));
    const GuardedBytes guarded(damaged);
    SegmentGrid grid;
    if (!find_segments(guarded.span(), grid, segments)) continue;
    for (size_t i = 0; i < grid.count(); ++i) {
      ASSERT_LE(segments[i].begin + kSegmentMarkerBytes, segments[i + 1].begin) << run;
    }
    ASSERT_EQ(segments[grid.count()].begin, damaged.size());
  }
}

}  // namespace
}  // namespace fanlight
