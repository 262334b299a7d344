// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_check.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "tests/capture/jpeg/jpeg_parts.h"

namespace fanlight {
namespace {

// The input ends at the start of an inaccessible page: reading past it crashes in every build.
JpegCheck check_guarded(std::span<const std::byte> data) {
  const GuardedBytes guarded(data);
  return check_jpeg(guarded.span());
}

TEST(JpegCheck, AcceptsCompleteJpegsAndReturnsTheirSize) {
  for (const auto& jpeg : {make_jpeg(640, 480, 77), noise_jpeg(64, 48, 1), make_jpeg(17, 33, 200),
                           make_jpeg(64, 64, 1, 7, 65000)}) {
    const JpegCheck check = check_guarded(jpeg);
    EXPECT_TRUE(check.ok()) << check.problem;
    EXPECT_EQ(check.size, jpeg.size());
    const Brightness decoded = decode(jpeg);
    EXPECT_EQ(check.width, decoded.width);
    EXPECT_EQ(check.height, decoded.height);
  }
}

TEST(JpegCheck, AcceptsProgressiveJpegs) {
  const Bytes jpeg = progressive(noise_jpeg(64, 48, 2));
  const JpegCheck check = check_guarded(jpeg);
  EXPECT_TRUE(check.ok()) << check.problem;
  EXPECT_EQ(check.width, 64);
}

// Except those that lack only EOI, or half of it.
TEST(JpegCheck, RejectsEveryTruncation) {
  for (const auto& jpeg :
       {noise_jpeg(32, 32, 3), progressive(noise_jpeg(32, 32, 3)),
        with(noise_jpeg(16, 16, 3), jpeg_segment(0xe1, "thumbnail \xff\xd8\xff\xd9"))}) {
    ASSERT_TRUE(check_guarded(jpeg).ok());
    for (size_t size = 0; size < jpeg.size(); ++size) {
      const JpegCheck check = check_guarded(std::span(jpeg).first(size));
      ASSERT_EQ(check.ok(), size + 2 >= jpeg.size()) << size;
      if (check.ok()) {
        EXPECT_EQ(check.size, jpeg.size() - 2) << "without half of EOI";
      }
    }
  }
}

// NULs are valid entropy-coded data: they must not complete a picture that is cut off.
TEST(JpegCheck, AcceptsZeroPaddingInsteadOfTheEnd) {
  for (const Bytes& jpeg : {noise_jpeg(32, 32, 3), progressive(noise_jpeg(32, 32, 3))}) {
    const Bytes nuls(5000, std::byte{0});
    const Bytes lacking = without_end(jpeg);
    const JpegCheck check = check_guarded(lacking + nuls);
    EXPECT_TRUE(check.ok()) << check.problem;
    EXPECT_EQ(check.width, 32);
    EXPECT_LE(check.size, jpeg.size()) << "padding is excluded";
    EXPECT_TRUE(check_guarded(lacking + bytes({0xff}) + nuls).ok()) << "half of EOI before them";
    EXPECT_EQ(check_guarded(without_end(jpeg, 6) + nuls).problem, "cut off");
    EXPECT_EQ(check_guarded(without_end(jpeg, jpeg.size() / 3) + nuls).problem, "cut off");
  }
}

TEST(JpegCheck, VerbatimJpegNeedsItsEnd) {
  const Bytes lacking = without_end(noise_jpeg(32, 32, 3));
  const auto problem = [](const Bytes& jpeg) { return check_verbatim_jpeg(jpeg).problem; };
  EXPECT_EQ(problem(noise_jpeg(32, 32, 3)), "");
  EXPECT_EQ(problem(lacking), "cut off");
  EXPECT_EQ(problem(lacking + bytes({0xff})), "cut off");
  EXPECT_EQ(problem(lacking + Bytes(7, std::byte{0})), "cut off");
  EXPECT_EQ(problem(lacking + Bytes(8, std::byte{0})), "");
  EXPECT_EQ(problem(without_end(progressive(noise_jpeg(32, 32, 3)))), "");
  EXPECT_EQ(problem(without_end(lacking, 100)), "cut off");
}

// Browsers recognize a JPEG by its first three bytes.
TEST(JpegCheck, VerbatimJpegBeginsWithAMarker) {
  const Bytes jpeg = noise_jpeg(32, 32, 3);
  const Bytes stray = with(jpeg, bytes({0, 0x17}), 2);
  EXPECT_TRUE(check_jpeg(stray).ok());
  EXPECT_EQ(check_verbatim_jpeg(stray).problem,
            "stray bytes at its start, where browsers expect a marker");
  EXPECT_TRUE(check_verbatim_jpeg(with(jpeg, bytes({0xff, 0xff}), 2)).ok()) << "fill bytes";
}

// Any segment, cut off at any place.
TEST(JpegCheck, AllowsATruncatedSegmentAfterThePicture) {
  for (const Bytes& jpeg : {noise_jpeg(32, 32, 3), progressive(noise_jpeg(32, 32, 3))}) {
    const Bytes lacking = without_end(jpeg);
    const Bytes half(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(jpeg.size() * 3 / 4));
    for (const Bytes& tail : {bytes({0xff, 0xec}), bytes({0xff, 0xec, 0x7f}),
                              bytes({0xff, 0xec, 0x7f, 0xff, 1, 2, 3, 4, 5, 6, 7, 8})}) {
      const JpegCheck check = check_guarded(lacking + tail);
      EXPECT_TRUE(check.ok()) << check.problem;
      EXPECT_EQ(check.size, lacking.size());
      EXPECT_EQ(check_guarded(half + tail).problem, "cut off");
    }
  }
}

// A last byte of the picture that is 0 is not treated as padding. Whether the last byte of a flat
// picture is 0 depends on its size.
TEST(JpegCheck, ZeroByteMayBelongToThePicture) {
  bool had_nul = false;
  for (int blocks = 1; blocks <= 16; ++blocks) {
    const Bytes lacking = without_end(make_jpeg(16 * blocks, 16, 128));
    had_nul = had_nul || lacking.back() == std::byte{0};
    EXPECT_TRUE(check_guarded(lacking + Bytes(100, std::byte{0})).ok()) << blocks;
    EXPECT_TRUE(check_guarded(lacking).ok()) << blocks;
  }
  EXPECT_TRUE(had_nul);
}

TEST(JpegCheck, SkipsBytesBetweenSegments) {
  const Bytes jpeg = noise_jpeg(32, 32, 5);
  for (const Bytes& stray :
       {bytes({0, 0x17}), bytes({0xff, 0}), bytes({0xff, 0xd3}), bytes({0xff, 0x01}),
        bytes({0xff, 0xff, 0xff}), Bytes(5000, std::byte{0xab}), bytes({0xff, 0xe0, 0, 0})}) {
    size_t at = 2;
    for (const Bytes& segment : head_of(jpeg)) {
      const JpegCheck check = check_guarded(with(jpeg, stray, at));
      EXPECT_TRUE(check.ok()) << check.problem;
      EXPECT_EQ(check.size, jpeg.size() + stray.size());
      at += segment.size();
    }
  }
}

// After a marker in the middle of the entropy-coded data, the rest of the data is stray bytes.
TEST(JpegCheck, RejectsStrayBytesAfterAScan) {
  const Bytes jpeg = noise_jpeg(64, 64, 6);
  const size_t middle = (head_size(jpeg) + jpeg.size()) / 2;
  EXPECT_EQ(check_guarded(with(jpeg, bytes({0xff, 0xe5, 0, 2}), middle)).problem, "cut off");
  EXPECT_EQ(check_guarded(with(jpeg, bytes({0xff, 0x01}), middle)).problem, "cut off");
  EXPECT_TRUE(check_guarded(with(jpeg, bytes({0xff, 0xe5, 0, 2, 7}), jpeg.size() - 2)).ok());
}

TEST(JpegCheck, ExcludesTrailingPadding) {
  const Bytes jpeg = make_jpeg(32, 32, 5);
  const JpegCheck check = check_guarded(jpeg + Bytes(100, std::byte{0}));
  EXPECT_TRUE(check.ok());
  EXPECT_EQ(check.size, jpeg.size());
}

TEST(JpegCheck, AcceptsFillBytesAndRestarts) {
  const Bytes fill(3, std::byte{0xff});
  const Bytes restart{std::byte{0xff}, std::byte{0xd3}};
  const Bytes jpeg = kSoi + fill + kDqt + kSof + kSos + kScan + restart + kScan + fill + restart +
                     kScan + fill + kEoi;
  const JpegCheck check = check_guarded(jpeg);
  EXPECT_TRUE(check.ok()) << check.problem;
  EXPECT_EQ(check.width, 3);
  EXPECT_EQ(check.height, 2);
}

TEST(JpegCheck, DescribesProblems) {
  const auto problem = [](const Bytes& bytes) { return check_guarded(bytes).problem; };
  const Bytes jpeg = kSoi + kDqt + kSof + kSos + kScan + kEoi;
  ASSERT_EQ(problem(jpeg), "");
  EXPECT_EQ(problem({}), "not a JPEG");
  EXPECT_EQ(problem(kEoi), "not a JPEG");
  EXPECT_EQ(problem(kSoi), "cut off");
  EXPECT_EQ(problem(kSoi + kDqt + kSof + kSos), "cut off");
  EXPECT_EQ(problem(kSoi + kDqt + kSof), "cut off");
  EXPECT_EQ(problem(kSoi + kEoi), "no picture data before its end");
  EXPECT_EQ(problem(kSoi + kDqt + kSof + kEoi), "no picture data before its end");
  EXPECT_EQ(problem(kSoi + kSos + kScan + kEoi), "damaged: picture data before the size");
  EXPECT_EQ(problem(kSoi + kSof + kSof + kSos + kScan + kEoi), "damaged: two frame headers");
  EXPECT_EQ(problem(kSoi + kScan + kEoi), "no picture data before its end");
  EXPECT_EQ(problem(kSoi + kSoi + kSof + kSos + kScan + kEoi), "damaged: a misplaced marker");
  EXPECT_EQ(problem(kSoi + jpeg_segment(0xc0, "\x08") + kSos + kScan + kEoi),
            "damaged: frame header too short");
  EXPECT_EQ(problem(kSoi + jpeg_segment(0xc3, "lossless") + kSos + kScan + kEoi),
            "a coding that browsers do not show");
  EXPECT_EQ(problem(kSoi + jpeg_segment(0xc0, std::string_view("\x08\x00\x00\x00\x03\x00\x00", 7)) +
                    kSos + kScan + kEoi),
            "its size is missing");
  const Bytes no_length = bytes({0xff, 0xdb, 0, 1});
  EXPECT_EQ(problem(kSoi + no_length), "damaged: a segment without a length");
  EXPECT_EQ(problem(kSoi + kSof + kSos + kScan + kEoi), "damaged: a table is missing");
  EXPECT_EQ(problem(kSoi + kDqt + kSof + kSos + kEoi), "no picture data before its end");
}

// However a JPEG is damaged, the check ends and reads nothing outside it.
TEST(JpegCheck, SurvivesDamage) {
  const Bytes original = progressive(noise_jpeg(48, 48, 4));
  const uint64_t seed = 20240229;
  Random random(seed);
  int refused = 0;
  for (int run = 0; run < 20000; ++run) {
    Bytes damaged = original;
    for (uint64_t changes = random.below(8) + 1; changes > 0; --changes) {
      damaged[random.below(damaged.size())] =
          std::byte(random.chance(0.3) ? 0xff : random.below(256));
    }
    damaged.resize(random.chance(0.5) ? damaged.size() : random.below(damaged.size()));
    const JpegCheck check = check_guarded(damaged);
    refused += !check.ok();
    if (check.ok()) {
      ASSERT_TRUE(check.size <= damaged.size() && check.width > 0 && check.height > 0)
          << "seed " << seed << ", run " << run;
    }
  }
  EXPECT_GT(refused, 9000) << "seed " << seed;
}

}  // namespace
}  // namespace fanlight
