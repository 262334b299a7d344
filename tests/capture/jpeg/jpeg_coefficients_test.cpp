// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_coefficients.h"

#include <gtest/gtest.h>

#include "capture/jpeg/jpeg_reader.h"
#include "core/random.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

bool has_all(const Bytes& jpeg) {
  const GuardedBytes guarded(jpeg);
  return has_all_blocks(guarded.span());
}

Bytes first(const Bytes& jpeg, size_t size) {
  return without_end(jpeg, jpeg.size() - size);
}

// The sizes at which the entropy-coded data of each scan ends.
std::vector<size_t> scan_ends(const Bytes& jpeg) {
  std::vector<size_t> ends;
  JpegReader reader(jpeg);
  EXPECT_TRUE(reader.read_start());
  while (reader.read_segment() && !reader.is_end()) {
    if (!reader.is_scan()) continue;
    reader.skip_scan();
    ends.push_back(jpeg.size() - reader.rest().size());
  }
  return ends;
}

TEST(JpegCoefficients, DistinguishesCompleteFromTruncatedPictures) {
  const Pixels pixels = shades(48, 40, 3);
  for (const JpegKind& kind :
       {JpegKind{}, JpegKind{.is_optimized = true}, JpegKind{.restart_interval = 2}}) {
    const Bytes jpeg = encode_pixels(pixels, kind);
    EXPECT_TRUE(has_all(jpeg));
    EXPECT_TRUE(has_all(without_end(jpeg)));
    EXPECT_TRUE(has_all(without_end(jpeg, 1)));
    for (size_t size = 0; size + 2 < jpeg.size(); ++size) {
      EXPECT_FALSE(has_all(first(jpeg, size))) << size << " of " << jpeg.size();
    }
  }
}

TEST(JpegCoefficients, ByteThatLooksLikePaddingMayBeTheLast) {
  const Bytes jpeg = encode_pixels(shades(48, 40, 3));
  const size_t end = jpeg.size() - 2;
  EXPECT_EQ(size_of_whole(jpeg, jpeg.size()), jpeg.size());
  EXPECT_EQ(size_of_whole(jpeg, end), end);
  EXPECT_EQ(size_of_whole(jpeg, end - 1), 0u) << "neither 0 nor 0xff";
  EXPECT_EQ(size_of_whole(first(jpeg, end - 1), end - 1), 0u) << "and nothing follows";
  // Flat, so that it ends with codes of only zeros.
  const Bytes flat = make_jpeg(32, 16, 128);
  ASSERT_EQ(flat[flat.size() - 3], std::byte{0});
  EXPECT_EQ(size_of_whole(flat, flat.size() - 3), flat.size() - 2);
}

// 0xff with a stuffed zero after it: one in a few dozen random pictures ends like this.
TEST(JpegCoefficients, StuffedByteMayBeTheLast) {
  const uint64_t seed = 31;
  Random random(seed);
  Bytes jpeg;
  const Bytes stuffed_end = bytes({0xff, 0, 0xff, 0xd9});
  for (int run = 0; run < 5000; ++run) {
    Pixels pixels{8, 8, 1, {}};
    for (int i = 0; i < 64; ++i) pixels.samples.push_back(uint8_t(random.below(256)));
    jpeg = encode_pixels(pixels, {.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}});
    if (Bytes(jpeg.end() - 4, jpeg.end()) == stuffed_end && !has_all(without_end(jpeg, 4))) break;
  }
  ASSERT_EQ(Bytes(jpeg.end() - 4, jpeg.end()), stuffed_end) << "seed " << seed;
  const size_t end = jpeg.size() - 2;
  EXPECT_EQ(size_of_whole(without_end(jpeg), end - 2), end);
  EXPECT_EQ(size_of_whole(without_end(jpeg, 3), end - 2), 0u);
}

TEST(JpegCoefficients, RequiresTheLastScan) {
  const Pixels pixels = shades(48, 40, 3);
  for (const JpegKind& kind :
       {JpegKind{.has_separate_scans = true}, JpegKind{.is_progressive = true}}) {
    const Bytes jpeg = encode_pixels(pixels, kind);
    const std::vector<size_t> ends = scan_ends(jpeg);
    ASSERT_GE(ends.size(), 3u);
    for (const size_t end : ends) {
      EXPECT_EQ(has_all(first(jpeg, end)), end == ends.back()) << end;
    }
  }
}

TEST(JpegCoefficients, DetectsDamageInTheMiddle) {
  const Bytes jpeg = encode_pixels(shades(64, 64, 3), {.restart_interval = 1});
  const Bytes marker = bytes({0xff, 0xe5});
  EXPECT_FALSE(has_all(with(jpeg, marker, (head_size(jpeg) + jpeg.size()) / 2)));
}

TEST(JpegCoefficients, RejectsEndlessScans) {
  Bytes jpeg = encode_pixels(shades(16, 16, 3), {.is_progressive = true});
  const std::vector<size_t> ends = scan_ends(jpeg);
  // The last scan: it refines coefficients that a previous scan refined already.
  const Bytes last(jpeg.begin() + static_cast<ptrdiff_t>(ends[ends.size() - 2]),
                   jpeg.begin() + static_cast<ptrdiff_t>(ends.back()));
  const auto repeated = [&](size_t times) {
    Bytes data = first(jpeg, ends.back());
    for (size_t i = 0; i < times; ++i) data = data + last;
    LibJpegErrors errors;
    JpegCoefficients coefficients(data, errors);
    return errors.run([&] {
      coefficients.read_head();
      coefficients.read();
    });
  };
  EXPECT_TRUE(repeated(400));
  EXPECT_FALSE(repeated(600));
}

TEST(JpegCoefficients, FailsAtTheMemoryLimit) {
  LibJpegErrors errors;
  const Bytes jpeg = encode_pixels(shades(64, 64, 3));
  JpegCoefficients coefficients(jpeg, errors);
  EXPECT_FALSE(errors.run([&] {
    coefficients.read_head();
    coefficients.info().mem->max_memory_to_use = 4096;
    coefficients.read();
  }));
  EXPECT_TRUE(errors.lacks_memory());
}

}  // namespace
}  // namespace fanlight
