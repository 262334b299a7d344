// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_check.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "tests/capture/jpeg_parts.h"

namespace fanlight {
namespace {

// The input ends where an inaccessible page begins: reading on is a crash in every build.
JpegCheck check_guarded(std::span<const std::byte> data) {
  const GuardedBytes guarded(data);
  return check_jpeg(guarded.span());
}

TEST(JpegCheck, AcceptsWholeJpegsAndTellsTheirSize) {
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

TEST(JpegCheck, AcceptsProgressiveOnes) {
  const Bytes jpeg = progressive(noise_jpeg(64, 48, 2));
  const JpegCheck check = check_guarded(jpeg);
  EXPECT_TRUE(check.ok()) << check.problem;
  EXPECT_EQ(check.width, 64);
}

TEST(JpegCheck, RefusesEveryTruncation) {
  for (const auto& jpeg : {noise_jpeg(32, 32, 3), progressive(noise_jpeg(32, 32, 3)),
                           kSoi + jpeg_segment(0xe1, "thumbnail \xff\xd8\xff\xd9") + kDqt + kSof +
                               kSos + kScan + kEoi}) {
    ASSERT_TRUE(check_guarded(jpeg).ok());
    for (size_t size = 0; size < jpeg.size(); ++size) {
      ASSERT_FALSE(check_guarded(std::span(jpeg).first(size)).ok()) << size;
    }
  }
}

TEST(JpegCheck, PaddingBehindTheEndIsNotPartOfIt) {
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

TEST(JpegCheck, SaysWhatIsWrong) {
  const auto problem = [](const Bytes& bytes) { return check_guarded(bytes).problem; };
  const Bytes jpeg = kSoi + kDqt + kSof + kSos + kScan + kEoi;
  ASSERT_EQ(problem(jpeg), "");
  EXPECT_EQ(problem({}), "not a JPEG");
  EXPECT_EQ(problem(kEoi), "not a JPEG");
  EXPECT_EQ(problem(kSoi), "cut off");
  EXPECT_EQ(problem(kSoi + kDqt + kSof + kSos + kScan), "cut off");
  EXPECT_EQ(problem(kSoi + kEoi), "no picture data before its end");
  EXPECT_EQ(problem(kSoi + kDqt + kSof + kEoi), "no picture data before its end");
  EXPECT_EQ(problem(kSoi + kSos + kScan + kEoi), "damaged: picture data before the size");
  EXPECT_EQ(problem(kSoi + kSof + kSof + kSos + kScan + kEoi), "damaged: two frame headers");
  EXPECT_EQ(problem(kSoi + kScan + kEoi), "damaged: no marker where one must be");
  EXPECT_EQ(problem(kSoi + kSoi + kSof + kSos + kScan + kEoi),
            "damaged: a marker where it must not be");
  EXPECT_EQ(problem(kSoi + jpeg_segment(0xc0, "\x08") + kSos + kScan + kEoi),
            "damaged: frame header too short");
  EXPECT_EQ(problem(kSoi + jpeg_segment(0xc3, "lossless") + kSos + kScan + kEoi),
            "a coding that browsers do not show");
  EXPECT_EQ(problem(kSoi + jpeg_segment(0xc0, std::string_view("\x08\x00\x00\x00\x03\x00\x00", 7)) +
                    kSos + kScan + kEoi),
            "it does not tell its size");
  const Bytes no_length{std::byte{0xff}, std::byte{0xe0}, std::byte{0}, std::byte{1}};
  EXPECT_EQ(problem(kSoi + no_length), "damaged: a segment without a length");
  EXPECT_EQ(problem(kSoi + kSof + kSos + kScan + kEoi), "damaged: a table is missing");
  EXPECT_EQ(problem(kSoi + kDqt + kSof + kSos + kEoi), "no picture data before its end");
}

// Whatever is done to a JPEG, the check ends and reads nothing outside of it.
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
