// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_transform.h"

#include <gtest/gtest.h>

#include <string>

#include "capture/jpeg_check.h"
#include "core/random.h"
#include "tests/capture/jpeg_parts.h"

namespace fanlight {
namespace {

Bytes turned(JpegTransformer& transformer, const Bytes& jpeg, Orientation orientation) {
  const GuardedBytes in(jpeg);
  const GuardedBytes out(2 * jpeg.size() + 4096);
  const WrittenJpeg written = transformer.transform(in.span(), orientation, out.span());
  EXPECT_EQ(written.problem, "");
  const auto bytes = out.span().first(written.size);
  const Brightness decoded = decode(bytes);
  EXPECT_EQ(written.width, decoded.width);
  EXPECT_EQ(written.height, decoded.height);
  return {bytes.begin(), bytes.end()};
}

// Four quarters of different brightness, so that each orientation looks different.
Bytes quarters(int width, int height) {
  Canvas canvas(width, height);
  const int right = width / 2;
  const int lower = height / 2;
  canvas.fill_rect({0, 0, right, lower}, rgb(40, 40, 40));
  canvas.fill_rect({right, 0, width, lower}, rgb(100, 100, 100));
  canvas.fill_rect({0, lower, right, height}, rgb(160, 160, 160));
  canvas.fill_rect({right, lower, width, height}, rgb(220, 220, 220));
  return encode_jpeg(canvas);
}

// Upper left, upper right, lower left, lower right: 1, 2, 3, 4 as they were.
std::string look_of(const Bytes& jpeg) {
  const Brightness picture = decode(jpeg);
  std::string look;
  for (const int y : {picture.height / 4, picture.height * 3 / 4}) {
    for (const int x : {picture.width / 4, picture.width * 3 / 4}) {
      look += static_cast<char>('1' + (picture.at(x, y) - 10) / 60);
    }
  }
  return look;
}

TEST(JpegTransformer, TurnsAndMirrorsEveryWay) {
  JpegTransformer transformer;
  const Bytes jpeg = quarters(160, 96);
  ASSERT_EQ(look_of(jpeg), "1234");
  for (const auto& [orientation, look] : {std::pair{Orientation{0, true}, "2143"},
                                          {Orientation{90, false}, "3142"},
                                          {Orientation{90, true}, "1324"},
                                          {Orientation{180, false}, "4321"},
                                          {Orientation{180, true}, "3412"},
                                          {Orientation{270, false}, "2413"},
                                          {Orientation{270, true}, "4231"}}) {
    const Bytes out = turned(transformer, jpeg, orientation);
    EXPECT_EQ(look_of(out), look) << orientation.rotate << ' ' << orientation.mirror;
    EXPECT_EQ(decode(out).width, orientation.is_quarter_turn() ? 96 : 160);
  }
}

TEST(JpegTransformer, LosesNothing) {
  JpegTransformer transformer;
  const Bytes jpeg = noise_jpeg(160, 96, 1);
  Bytes round = jpeg;
  for (int i = 0; i < 4; ++i) round = turned(transformer, round, {90, false});
  EXPECT_EQ(decode(round).pixels, decode(jpeg).pixels) << "four quarters are a whole turn";
}

TEST(JpegTransformer, CutsOffWhatWouldComeToTheWrongEdge) {
  JpegTransformer transformer;
  const Bytes out = turned(transformer, noise_jpeg(100, 90, 2), {180, false});
  EXPECT_EQ(decode(out).width, 96);
  EXPECT_EQ(decode(out).height, 80);
}

TEST(JpegTransformer, RepairsAsItTurns) {
  JpegTransformer transformer;
  const Bytes jpeg = noise_jpeg(160, 96, 3);
  const Bytes camera = with(without(jpeg, 0xc4), jpeg_segment(0xe1, "Exif \xff\xd8\xff\xd9")) +
                       Bytes(5000, std::byte{0});
  EXPECT_EQ(turned(transformer, camera, {180, false}), turned(transformer, jpeg, {180, false}));
}

TEST(JpegTransformer, TellsWhatDoesNotFitFromWhatIsBroken) {
  JpegTransformer transformer;
  const Bytes jpeg = noise_jpeg(160, 96, 4);
  const size_t size = turned(transformer, jpeg, {90, false}).size();
  const GuardedBytes exact(size);
  EXPECT_TRUE(transformer.transform(jpeg, {90, false}, exact.span()).ok());
  const GuardedBytes small(size - 1);
  EXPECT_TRUE(transformer.transform(jpeg, {90, false}, small.span()).too_large);
  const auto cut = std::span(jpeg).first(jpeg.size() - 2);
  EXPECT_EQ(transformer.transform(cut, {90, false}, exact.span()).problem, "cut off");
  EXPECT_FALSE(transformer.transform(cut, {90, false}, exact.span()).too_large);
  EXPECT_TRUE(transformer.transform(jpeg, {90, false}, exact.span()).ok()) << "and goes on";
}

TEST(JpegTransformer, APictureSmallerThanABlockCannotBeTurned) {
  JpegTransformer transformer;
  Bytes out(10'000);
  const Bytes tiny = make_jpeg(9, 9, 100);
  const WrittenJpeg written = transformer.transform(tiny, {180, false}, out);
  EXPECT_TRUE(!written.ok() || written.width > 0);
}

// Whatever a camera does to its pictures: the result is a whole JPEG, or none, and never one that
// went before.
TEST(JpegTransformer, SurvivesDamage) {
  const uint64_t seed = 424242;
  Random random(seed);
  JpegTransformer transformer;
  const Bytes before = make_jpeg(32, 32, 250);
  const Bytes original = progressive(noise_jpeg(96, 64, 5));
  Bytes place(200'000);
  for (int run = 0; run < 2000; ++run) {
    Bytes damaged = original;
    for (uint64_t changes = random.below(6) + 1; changes > 0; --changes) {
      damaged[random.below(damaged.size())] = std::byte(random.below(256));
    }
    if (run % 10 == 0) transformer.transform(before, {90, false}, place);
    const WrittenJpeg written = transformer.transform(damaged, {90, false}, place);
    if (!written.ok()) continue;
    const JpegCheck check = check_jpeg(std::span(place).first(written.size));
    ASSERT_TRUE(check.ok()) << "seed " << seed << ", run " << run;
    const JpegCheck given = check_jpeg(damaged);
    ASSERT_LE(check.width, given.height) << "seed " << seed << ", run " << run;
    ASSERT_FALSE(check.width == 32 && given.height != 32) << "the one before";
  }
}

}  // namespace
}  // namespace fanlight
