// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/picture_writer.h"

#include <gtest/gtest.h>

#include "capture/jpeg/coefficient_cells.h"
#include "capture/jpeg/exif_orientation.h"
#include "capture/jpeg/jpeg_coefficients.h"
#include "core/segments/find_segments.h"
#include "tests/capture/camera/test_encoder.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/picture/raw_picture.h"

namespace fanlight {
namespace {

Picture jpeg_picture(std::span<const std::byte> jpeg) {
  return {
      .jpeg = jpeg, .raw = {}, .width = 160, .height = 96, .captured_wall = {}, .captured_at = {}};
}

Picture raw_picture(const RawView& raw, int width, int height) {
  return {.jpeg = {},
          .raw = raw,
          .width = width,
          .height = height,
          .captured_wall = {},
          .captured_at = {}};
}

struct PictureWriterTest : testing::Test {
  Bytes jpeg = noise_jpeg(160, 96, 1);
  Bytes place = Bytes(1 << 20);

  Bytes written(PictureWriter& writer, const Picture& picture) {
    const WrittenJpeg result = writer.write(picture, place);
    EXPECT_EQ(result.problem, "");
    const Bytes out(place.begin(), place.begin() + static_cast<ptrdiff_t>(result.size));
    const Brightness decoded = decode(out);
    EXPECT_EQ(result.width, decoded.width);
    EXPECT_EQ(result.height, decoded.height);
    return out;
  }
};

TEST_F(PictureWriterTest, RepairsJpegsUnlessVerbatim) {
  PictureWriter writer({"door", 80, {}});
  const Bytes camera = with(jpeg, jpeg_segment(0xe1, "Exif")) + Bytes(100, std::byte{0});
  Picture picture = jpeg_picture(camera);
  EXPECT_EQ(written(writer, picture), jpeg);
  picture.is_verbatim = true;
  EXPECT_EQ(written(writer, picture), camera);
  EXPECT_TRUE(writer.write(picture, std::span(place).first(camera.size() - 1)).too_large);
  picture.jpeg = picture.jpeg.first(jpeg.size() / 2);
  EXPECT_EQ(writer.write(picture, place).problem, "cut off");
}

// A picture that is divided, and its cells.
struct DividedPicture {
  Bytes jpeg;
  PictureCells cells;
};

DividedPicture divided(PictureWriter& writer, const Picture& picture) {
  DividedPicture out{.jpeg = Bytes(1 << 20), .cells = {}};
  const WrittenJpeg written = writer.write(picture, out.jpeg, &out.cells);
  EXPECT_EQ(written.problem, "");
  EXPECT_TRUE(written.divided);
  out.jpeg.resize(written.size);
  SegmentGrid grid;
  std::vector<Segment> segments(1000);
  EXPECT_TRUE(find_segments(out.jpeg, grid, segments));
  EXPECT_EQ(grid.width, 80) << "five MCUs";
  return out;
}

TEST_F(PictureWriterTest, DividesJpegsWithoutChangingAPixel) {
  PictureWriter writer({"door", 80, {}});
  const DividedPicture out = divided(writer, jpeg_picture(jpeg));
  EXPECT_EQ(decode(out.jpeg).pixels, decode(jpeg).pixels);
  PictureCells cells;
  ASSERT_TRUE(read_jpeg_cells(out.jpeg, cells));
  EXPECT_EQ(out.cells.planes[0].sums, cells.planes[0].sums);
}

TEST_F(PictureWriterTest, DividesRawPicturesWithoutChangingAPixel) {
  PictureWriter writer({"door", 80, {90, false}});
  const RawPicture raw(PixelFormat::yuv420, 96, 160);
  const Picture picture = raw_picture(raw.view(), 96, 160);
  EXPECT_EQ(decode(divided(writer, picture).jpeg).pixels, decode(written(writer, picture)).pixels);
}

TEST_F(PictureWriterTest, DividesWhatHardwareEncoded) {
  auto hardware = std::make_unique<TestEncoder>(std::vector{PixelFormat::yuv420});
  hardware->jpeg = jpeg;
  PictureWriter writer({"door", 80, {}}, std::move(hardware));
  const RawPicture raw(PixelFormat::yuv420, 160, 96);
  const DividedPicture out = divided(writer, raw_picture(raw.view(), 160, 96));
  EXPECT_EQ(decode(out.jpeg).pixels, decode(jpeg).pixels) << "not of another encoder";
}

TEST_F(PictureWriterTest, KeepsWhatHardwareEncodedIfItCannotBeDivided) {
  auto hardware = std::make_unique<TestEncoder>(std::vector{PixelFormat::yuv420});
  hardware->jpeg = progressive(jpeg);
  const Bytes expected = hardware->jpeg;
  TestEncoder& used = *hardware;
  PictureWriter writer({"door", 80, {}}, std::move(hardware));
  const RawPicture raw(PixelFormat::yuv420, 160, 96);
  PictureCells cells;
  const WrittenJpeg result = writer.write(raw_picture(raw.view(), 160, 96), place, &cells);
  EXPECT_FALSE(result.divided);
  EXPECT_EQ(Bytes(place.begin(), place.begin() + ptrdiff_t(result.size)), expected);
  EXPECT_EQ(used.asked.size(), 1u) << "encoded once";
}

TEST_F(PictureWriterTest, KeepsSegmentsThatACameraMade) {
  PictureWriter writer({"door", 80, {}});
  const Bytes camera = divided(writer, jpeg_picture(jpeg)).jpeg;
  EXPECT_EQ(divided(writer, jpeg_picture(camera)).jpeg, camera);
  const Bytes with_time = with(camera, jpeg_segment(0xfe, "12:00:01"));
  EXPECT_EQ(divided(writer, jpeg_picture(with_time)).jpeg, camera) << "without what varies";
  const Bytes padded = camera + Bytes(100, std::byte{0});
  Picture file = jpeg_picture(padded);
  file.is_verbatim = true;
  EXPECT_EQ(divided(writer, file).jpeg, camera) << "without what follows it";
}

TEST_F(PictureWriterTest, ReadsNoCellsOfJoinedPictures) {
  PictureWriter writer({"door", 80, {}});
  const Bytes camera = divided(writer, jpeg_picture(jpeg)).jpeg;
  Picture joined = jpeg_picture(camera);
  joined.is_joined = true;
  const DividedPicture out = divided(writer, joined);
  EXPECT_EQ(out.jpeg, camera);
  EXPECT_EQ(out.cells.count, 0u);
}

// Whoever is sent one of them in an update would take that for damaged.
TEST_F(PictureWriterTest, MendsTheSegmentsOfADamagedPicture) {
  PictureWriter writer({"door", 80, {}});
  Bytes camera = divided(writer, jpeg_picture(jpeg)).jpeg;
  SegmentGrid grid;
  std::vector<Segment> segments(1000);
  ASSERT_TRUE(find_segments(camera, grid, segments));
  const auto end = camera.begin() + (segments[3].begin - ptrdiff_t{kSegmentMarkerBytes});
  camera.erase(end - 20, end);
  ASSERT_FALSE(has_all_blocks(camera));
  EXPECT_TRUE(has_all_blocks(divided(writer, jpeg_picture(camera)).jpeg));
}

TEST_F(PictureWriterTest, WritesWhatCannotBeDividedAsEver) {
  PictureWriter writer({"door", 80, {}});
  const Bytes other = progressive(jpeg);
  PictureCells cells;
  for (const bool verbatim : {false, true}) {
    Picture picture = jpeg_picture(other);
    picture.is_verbatim = verbatim;
    const WrittenJpeg result = writer.write(picture, place, &cells);
    EXPECT_EQ(result.problem, "");
    EXPECT_FALSE(result.divided);
    EXPECT_EQ(Bytes(place.begin(), place.begin() + ptrdiff_t(result.size)), other);
    // Of one that is refused.
    picture.jpeg = std::span(jpeg).first(jpeg.size() / 2);
    EXPECT_EQ(writer.write(picture, place, &cells).problem, "cut off");
  }
}

// The larger JPEG has no room: as it is, it has.
TEST_F(PictureWriterTest, WritesUndividedWhatWouldBeTooLarge) {
  PictureWriter writer({"door", 80, {}});
  PictureCells cells;
  const WrittenJpeg result =
      writer.write(jpeg_picture(jpeg), std::span(place).first(jpeg.size()), &cells);
  EXPECT_EQ(result.problem, "");
  EXPECT_FALSE(result.divided);
  EXPECT_EQ(result.size, jpeg.size());
}

TEST_F(PictureWriterTest, RotatesJpegsLosslesslyAndLeavesSlatesUpright) {
  PictureWriter writer({"door", 80, {180, false}});
  Picture picture = jpeg_picture(jpeg);
  EXPECT_FALSE(writer.is_copy(picture));
  const Bytes once = written(writer, picture);
  EXPECT_NE(once, jpeg);
  EXPECT_EQ(decode(written(writer, jpeg_picture(once))).pixels, decode(jpeg).pixels);
  picture.slate_reason = "camera lost";
  EXPECT_TRUE(writer.is_copy(picture));
  EXPECT_EQ(written(writer, picture), jpeg);
}

// A file keeps its bytes, and a camera's picture keeps the EXIF by which a browser turns it. If a
// rotation is configured, it applies to the picture as a browser shows it.
TEST_F(PictureWriterTest, AppliesRotationOnTopOfExifOrientation) {
  const auto segment = exif_orientation_segment(6);
  const auto exif = std::as_bytes(std::span(segment));
  const Bytes phone = with(jpeg, {exif.begin(), exif.end()});
  PictureWriter upright({"door", 80, {}});
  Picture picture = jpeg_picture(phone);
  const WrittenJpeg result = upright.write(picture, place);
  EXPECT_EQ(Bytes(place.begin(), place.begin() + ptrdiff_t(result.size)), phone);
  EXPECT_EQ(result.width, 96) << "as displayed";
  EXPECT_EQ(result.height, 160);
  PictureWriter turned_on({"door", 80, {180, false}});
  const Bytes wanted = written(turned_on, picture);
  PictureWriter turned({"door", 80, {270, false}});
  EXPECT_EQ(decode(wanted).pixels, decode(written(turned, jpeg_picture(jpeg))).pixels);
  picture.is_verbatim = true;
  EXPECT_EQ(upright.write(picture, place).width, 96);
  EXPECT_EQ(Bytes(place.begin(), place.begin() + ptrdiff_t(result.size)), phone);
  EXPECT_EQ(written(turned_on, picture), wanted);
  PictureWriter turned_back({"door", 80, {270, false}});
  EXPECT_EQ(decode(written(turned_back, picture)).pixels, decode(jpeg).pixels);
}

TEST_F(PictureWriterTest, KeepsTheBytesOfAVerbatimFile) {
  PictureWriter writer({"door", 80, {}});
  const Bytes bare = without(jpeg, 0xc4);
  const size_t second = 2 + head_of(bare).front().size();
  const Bytes file = without_end(with(bare, bytes({0, 0x17}), second)) + Bytes(8, std::byte{0});
  Picture picture = jpeg_picture(file);
  picture.is_verbatim = true;
  const WrittenJpeg result = writer.write(picture, place);
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(Bytes(place.begin(), place.begin() + ptrdiff_t(result.size)), file);
  picture.jpeg = picture.jpeg.first(file.size() - 8);
  EXPECT_EQ(writer.write(picture, place).problem, "cut off");
}

// The output matches the input: every layout in every orientation, compared with a picture that
// needs no conversion. The pictures are smooth, because 4:2:2 and 4:2:0 differ in detail.
TEST_F(PictureWriterTest, EncodesEveryLayoutUprightAndRotated) {
  for (int format = 0; format <= static_cast<int>(PixelFormat::xbgr); ++format) {
    for (const Orientation orientation : {Orientation{}, {90, false}, {180, true}}) {
      RawPicture picture(static_cast<PixelFormat>(format), 160, 96);
      picture.fill(120, 128);
      PictureWriter writer({"door", 90, orientation});
      const Bytes out = written(writer, raw_picture(picture.view(), 160, 96));
      const Brightness decoded = decode(out);
      EXPECT_EQ(decoded.width, orientation.is_quarter_turn() ? 96 : 160) << format;
      EXPECT_NEAR(decoded.mean(), 120, format < int(PixelFormat::rgb) ? 1 : 30) << format;
    }
  }
}

TEST_F(PictureWriterTest, ExpandsLimitedRange) {
  RawPicture picture(PixelFormat::nv12, 64, 48);
  picture.fill(16, 128);
  RawView raw = picture.view();
  PictureWriter writer({"door", 90, {}});
  EXPECT_NEAR(decode(written(writer, raw_picture(raw, 64, 48))).mean(), 16, 1);
  raw.limited_range = true;
  EXPECT_NEAR(decode(written(writer, raw_picture(raw, 64, 48))).mean(), 0, 1);
}

TEST_F(PictureWriterTest, DoesNotWriteToAPlaceThatMayBeTooSmall) {
  const RawPicture picture(PixelFormat::yuyv, 160, 96);
  const size_t needed = JpegEncoder::worst_case(160, 96, PixelFormat::yuv422);
  PictureWriter writer({"door", 100, {}});
  const GuardedBytes exact(needed);
  EXPECT_TRUE(writer.write(raw_picture(picture.view(), 160, 96), exact.span()).ok());
  const GuardedBytes small(needed - 1);
  EXPECT_TRUE(writer.write(raw_picture(picture.view(), 160, 96), small.span()).too_large);
}

TEST_F(PictureWriterTest, UsesHardwareWherePossibleAndTurboJpegOtherwise) {
  const RawPicture nv12(PixelFormat::nv12, 64, 48);
  const RawPicture yuyv(PixelFormat::yuyv, 64, 48);
  const RawPicture grey(PixelFormat::grey, 64, 48);
  auto hardware =
      std::make_unique<TestEncoder>(std::vector{PixelFormat::nv12, PixelFormat::yuv422});
  TestEncoder& asked = *hardware;
  PictureWriter writer({"door", 80, {}}, std::move(hardware));
  EXPECT_EQ(written(writer, raw_picture(nv12.view(), 64, 48)), asked.jpeg);
  EXPECT_EQ(written(writer, raw_picture(yuyv.view(), 64, 48)), asked.jpeg) << "after conversion";
  EXPECT_NE(written(writer, raw_picture(grey.view(), 64, 48)), asked.jpeg);
  EXPECT_EQ(asked.asked, (std::vector{PixelFormat::nv12, PixelFormat::yuv422}));
  EXPECT_TRUE(writer.has_hardware());
}

TEST_F(PictureWriterTest, ReplacesFailedHardwarePermanently) {
  const RawPicture picture(PixelFormat::nv12, 64, 48);
  auto hardware = std::make_unique<TestEncoder>(std::vector{PixelFormat::nv12});
  hardware->failing = true;
  PictureWriter writer({"door", 80, {}}, std::move(hardware));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(decode(written(writer, raw_picture(picture.view(), 64, 48))).width, 64)
        << "even that picture is kept";
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(writer.has_hardware());
  const size_t line = log.find("door: encoder test encoder failed");
  ASSERT_NE(line, std::string::npos) << log;
  EXPECT_EQ(log.find("failed", line + 60), std::string::npos) << "more than one line: " << log;
}

}  // namespace
}  // namespace fanlight
