// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "capture/jpeg/exif_orientation.h"
#include "capture/jpeg/jpeg_check.h"
#include "core/random.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

Bytes turned(const Bytes& jpeg, Orientation orientation) {
  const GuardedBytes in(jpeg);
  const GuardedBytes out(2 * jpeg.size() + 4096);
  const WrittenJpeg written = transform_jpeg(in.span(), orientation, out.span());
  EXPECT_EQ(written.problem, "");
  const auto bytes = out.span().first(written.size);
  const JpegCheck check = check_jpeg(bytes);
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(written.size, check.size);
  EXPECT_EQ(written.width, check.width);
  EXPECT_EQ(written.height, check.height);
  return {bytes.begin(), bytes.end()};
}

constexpr std::array<Orientation, 8> kAll{{{0, false},
                                           {0, true},
                                           {90, false},
                                           {90, true},
                                           {180, false},
                                           {180, true},
                                           {270, false},
                                           {270, true}}};

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

// Upper left, upper right, lower left, lower right; the original is 1, 2, 3, 4.
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

TEST(JpegTransform, RotatesAndMirrorsInEveryDirection) {
  const Bytes jpeg = quarters(160, 96);
  ASSERT_EQ(look_of(jpeg), "1234");
  for (const auto& [orientation, look] : {std::pair{Orientation{0, true}, "2143"},
                                          {Orientation{90, false}, "3142"},
                                          {Orientation{90, true}, "1324"},
                                          {Orientation{180, false}, "4321"},
                                          {Orientation{180, true}, "3412"},
                                          {Orientation{270, false}, "2413"},
                                          {Orientation{270, true}, "4231"}}) {
    const Bytes out = turned(jpeg, orientation);
    EXPECT_EQ(look_of(out), look) << orientation.rotate << ' ' << orientation.mirror;
    EXPECT_EQ(decode(out).width, orientation.is_quarter_turn() ? 96 : 160);
  }
}

TEST(JpegTransform, IsLossless) {
  const Bytes jpeg = noise_jpeg(160, 96, 1);
  Bytes round = jpeg;
  for (int i = 0; i < 4; ++i) round = turned(round, {90, false});
  EXPECT_EQ(decode(round).pixels, decode(jpeg).pixels) << "four quarter turns restore the picture";
}

TEST(JpegTransform, CropsPartialBlocksThatWouldMoveToTheWrongEdge) {
  const Bytes out = turned(noise_jpeg(100, 90, 2), {180, false});
  EXPECT_EQ(decode(out).width, 96);
  EXPECT_EQ(decode(out).height, 80);
}

// The inverse transforms of a block and of the turned block round differently.
constexpr int kRounding = 3;

struct NamedKind {
  const char* name;
  JpegKind kind;
  int channels = 3;
};

const std::vector<NamedKind> kKinds{
    {"4:4:4", {.sampling = {{1, 1}, {1, 1}, {1, 1}}}},
    {"4:2:2", {.sampling = {{2, 1}, {1, 1}, {1, 1}}}},
    {"4:2:0", {}},
    {"4:4:0", {.sampling = {{1, 2}, {1, 1}, {1, 1}}}},
    {"4:1:1", {.sampling = {{4, 1}, {1, 1}, {1, 1}}}},
    {"4:4:1", {.sampling = {{1, 4}, {1, 1}, {1, 1}}}},
    {"4:1:0", {.sampling = {{4, 2}, {1, 1}, {1, 1}}}},
    {"each colour by itself", {.sampling = {{2, 2}, {2, 1}, {1, 2}}}},
    {"brightness subsampled", {.sampling = {{1, 1}, {2, 2}, {2, 2}}}},
    {"too many blocks for one scan",
     {.sampling = {{2, 2}, {2, 2}, {2, 2}}, .has_separate_scans = true}},
    {"progressive", {.is_progressive = true}},
    {"restarts and tables of its own", {.is_optimized = true, .restart_interval = 3}},
    {"grey", {.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}}, 1},
    {"grey that calls itself 2x2", {.colours = JCS_GRAYSCALE, .sampling = {{2, 2}}}, 1},
    {"RGB", {.colours = JCS_RGB, .sampling = {{1, 1}, {1, 1}, {1, 1}}}},
    {"CMYK", {.colours = JCS_CMYK, .sampling = {{1, 1}, {1, 1}, {1, 1}, {1, 1}}}, 4},
    {"YCCK", {.colours = JCS_YCCK, .sampling = {{2, 2}, {1, 1}, {1, 1}, {2, 2}}}, 4},
    {"YCCK 4:1:0", {.colours = JCS_YCCK, .sampling = {{4, 1}, {1, 1}, {1, 1}, {4, 1}}}, 4}};

TEST(JpegTransform, RotatesEverySubsamplingAndColourSpace) {
  for (const NamedKind& kind : kKinds) {
    const Bytes jpeg = encode_pixels(shades(128, 96, kind.channels), kind.kind);
    const Pixels upright = decode_pixels(jpeg);
    for (const Orientation orientation : kAll) {
      const Bytes out = turned(jpeg, orientation);
      EXPECT_LE(difference(decode_pixels(out), turned_pixels(upright, orientation)), kRounding)
          << kind.name << ' ' << orientation.rotate << ' ' << orientation.mirror;
      if (orientation.is_upright()) {
        EXPECT_EQ(difference(decode_pixels(out), upright), 0) << kind.name;
      }
    }
    EXPECT_EQ(difference(decode_pixels(turned(turned(jpeg, {90, false}), {270, false})), upright),
              0)
        << kind.name << ": a second relay restores the picture";
  }
}

// Neither side is a whole number of blocks: the partial blocks that would move to the left or to
// the top are cut off, the others stay.
TEST(JpegTransform, CropsOnlyOnTheAffectedSides) {
  const Bytes jpeg = encode_pixels(shades(90, 70, 3));
  for (const auto& [orientation, width, height] : {std::tuple{Orientation{0, true}, 80, 70},
                                                   {Orientation{90, false}, 64, 90},
                                                   {Orientation{90, true}, 70, 90},
                                                   {Orientation{180, true}, 90, 64},
                                                   {Orientation{270, false}, 70, 80}}) {
    const Pixels out = decode_pixels(turned(jpeg, orientation));
    EXPECT_EQ(out.width, width) << orientation.rotate << ' ' << orientation.mirror;
    EXPECT_EQ(out.height, height) << orientation.rotate << ' ' << orientation.mirror;
  }
}

TEST(JpegTransform, AppliesExifOrientationBeforeTheConfiguredOne) {
  const Bytes stored = encode_pixels(shades(96, 64, 3));
  const Pixels pixels = decode_pixels(stored);
  for (int exif = 1; exif <= 8; ++exif) {
    const auto segment = exif_orientation_segment(exif);
    const auto bytes = std::as_bytes(std::span(segment));
    const Bytes jpeg = with(stored, {bytes.begin(), bytes.end()});
    for (const Orientation orientation : kAll) {
      const Bytes out = turned(jpeg, orientation);
      const Pixels wanted =
          turned_pixels(turned_pixels(pixels, orientation_of_exif(exif)), orientation);
      EXPECT_LE(difference(decode_pixels(out), wanted), kRounding)
          << exif << ' ' << orientation.rotate << ' ' << orientation.mirror;
      EXPECT_EQ(check_jpeg(out).exif_orientation, 1) << "it is already upright";
    }
  }
}

TEST(JpegTransform, KeepsOnlyTheColourProfile) {
  const Bytes jpeg = encode_pixels(shades(32, 32, 3));
  const Bytes profile = jpeg_segment(0xe2, std::string("ICC_PROFILE\0\1\1colours", 21));
  const Bytes other = jpeg_segment(0xe2, "MPF") + jpeg_segment(0xfe, "comment");
  const auto head = head_of(turned(with(jpeg, profile + other), {180, false}));
  EXPECT_EQ(std::count(head.begin(), head.end(), profile), 1);
  EXPECT_EQ(std::count(head.begin(), head.end(), jpeg_segment(0xe2, "MPF")), 0);
  EXPECT_EQ(std::count(head.begin(), head.end(), jpeg_segment(0xfe, "comment")), 0);
}

TEST(JpegTransform, RepairsWhileRotating) {
  const Bytes jpeg = noise_jpeg(160, 96, 3);
  const Bytes upside_down = turned(jpeg, {180, false});
  const Bytes camera = with(without(jpeg, 0xc4), jpeg_segment(0xe1, "Exif \xff\xd8\xff\xd9"));
  EXPECT_EQ(turned(camera + Bytes(5000, std::byte{0}), {180, false}), upside_down);
  EXPECT_EQ(turned(with(camera, bytes({0, 0x17, 0xff, 0})), {180, false}), upside_down);
  EXPECT_EQ(turned(without_end(camera), {180, false}), upside_down);
  for (const int table : {0x00, 0x10, 0x01, 0x11}) {
    EXPECT_EQ(turned(without_table(jpeg, table), {180, false}), upside_down) << table;
  }
}

// A picture without tables uses those of annex K, whatever the previous one had.
TEST(JpegTransform, PicturesAreIndependent) {
  const Pixels pixels = shades(128, 96, 3);
  const Bytes plain = encode_pixels(pixels);
  const Bytes lacking = without(plain, 0xc4);
  std::vector<Bytes> before{encode_pixels(pixels, {.is_optimized = true})};
  for (const NamedKind& kind : kKinds) {
    before.push_back(encode_pixels(shades(64, 96, kind.channels), kind.kind));
  }
  before.push_back(without_end(plain, plain.size() / 3));
  const Bytes wanted = turned(plain, {90, false});
  for (const Bytes& jpeg : before) {
    Bytes place(200'000);
    transform_jpeg(jpeg, {90, false}, place);
    EXPECT_EQ(turned(lacking, {90, false}), wanted);
  }
}

TEST(JpegTransform, DistinguishesOversizedFromBrokenJpegs) {
  const Bytes jpeg = noise_jpeg(160, 96, 4);
  const size_t size = turned(jpeg, {90, false}).size();
  const GuardedBytes exact(size);
  EXPECT_TRUE(transform_jpeg(jpeg, {90, false}, exact.span()).ok());
  const GuardedBytes small(size - 1);
  EXPECT_TRUE(transform_jpeg(jpeg, {90, false}, small.span()).too_large);
  const auto cut = std::span(jpeg).first(jpeg.size() - 3);
  EXPECT_EQ(transform_jpeg(cut, {90, false}, exact.span()).problem, "cut off");
  EXPECT_FALSE(transform_jpeg(cut, {90, false}, exact.span()).too_large);
  EXPECT_TRUE(transform_jpeg(jpeg, {90, false}, exact.span()).ok()) << "and continues";
}

TEST(JpegTransform, RefusesPicturesSmallerThanABlock) {
  Bytes out(10'000);
  const Bytes tiny = make_jpeg(9, 9, 100);
  const WrittenJpeg written = transform_jpeg(tiny, {180, false}, out);
  EXPECT_TRUE(!written.ok() || written.width > 0);
}

// However a camera damages its pictures, the result is a complete JPEG or none, and never the
// previous one.
TEST(JpegTransform, SurvivesDamage) {
  const uint64_t seed = 424242;
  Random random(seed);
  const Bytes before = make_jpeg(32, 32, 250);
  const Bytes original = progressive(noise_jpeg(96, 64, 5));
  Bytes place(200'000);
  for (int run = 0; run < 2000; ++run) {
    Bytes damaged = original;
    for (uint64_t changes = random.below(6) + 1; changes > 0; --changes) {
      damaged[random.below(damaged.size())] = std::byte(random.below(256));
    }
    if (run % 10 == 0) transform_jpeg(before, {90, false}, place);
    const WrittenJpeg written = transform_jpeg(damaged, {90, false}, place);
    if (!written.ok()) continue;
    const JpegCheck check = check_jpeg(std::span(place).first(written.size));
    ASSERT_TRUE(check.ok()) << "seed " << seed << ", run " << run;
    const JpegCheck given = check_jpeg(damaged);
    ASSERT_LE(check.width, given.height) << "seed " << seed << ", run " << run;
    ASSERT_FALSE(check.width == 32 && given.height != 32) << "the previous picture";
  }
}

}  // namespace
}  // namespace fanlight
