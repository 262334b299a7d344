// SPDX-License-Identifier: Apache-2.0
// MultipartReader and malformed streams.
#include "tests/capture/relay/test_multipart.h"

namespace fanlight {
namespace {

std::string part_of_length(std::string_view body, std::string_view length) {
  return fmt::format("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n{}\r\n", length, body);
}

// Whatever length is given, each picture is returned complete, as soon as its last byte has
// arrived.
TEST(MultipartReader, PicturesWithAWrongLengthAreCompleteAndPrompt) {
  std::string with_thumbnail = kJpeg2;
  const std::string thumbnail = "\xff\xd8\xff\xd9";
  with_thumbnail.insert(2, std::string("\xff\xe1\x00\x06", 4) + thumbnail);
  const std::string jpegs[] = {kJpeg1, kJpeg2, with_thumbnail, kJpeg1};
  for (const int lie : {-1000, -40, -2, -1, 0, 1, 2, 40, 300, 5000}) {
    for (const bool delimiter_behind : {false, true}) {
      for (const size_t piece : {size_t{1}, size_t{7}, size_t{100'000}}) {
        SCOPED_TRACE(fmt::format("{} {} {}", lie, delimiter_behind, piece));
        MultipartReader reader(kType, kMax);
        Read read;
        std::vector<std::string> expected;
        std::string stream = delimiter_behind ? "--B\r\n" : "";
        for (const std::string& jpeg : jpegs) {
          const auto length = std::max<int64_t>(static_cast<int64_t>(jpeg.size()) + lie, 0);
          const std::string part = part_of_length(jpeg, fmt::format("{}", length));
          stream += delimiter_behind ? part + "--B\r\n" : "--B\r\n" + part;
          for (std::string_view rest = stream; !rest.empty();) {
            feed(reader, rest.substr(0, piece), read);
            rest.remove_prefix(std::min(piece, rest.size()));
          }
          stream.clear();
          expected.push_back(jpeg);
          ASSERT_EQ(read.bodies, expected);
        }
      }
    }
  }
}

TEST(MultipartReader, PicturesWithAWrongLengthMayArriveTogether) {
  for (const int lie : {-40, -2, 2, 40, 300}) {
    std::string stream;
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
      const std::string& jpeg = i % 2 == 0 ? kJpeg1 : kJpeg2;
      stream += "--B\r\n" + part_of_length(jpeg, fmt::format("{}", int(jpeg.size()) + lie));
      expected.push_back(jpeg);
    }
    SCOPED_TRACE(lie);
    expect_bodies(kType, stream, expected);
  }
}

// The length of a picture that was cut off counts bytes that never came, not the next picture's.
TEST(MultipartReader, PictureBehindOneThatWasCutOffIsReturned) {
  const std::string cut = kJpeg1.substr(0, kJpeg1.size() - 10);
  const auto length = fmt::format("{}", kJpeg1.size());
  const std::string stream = "--B\r\n" + part_of_length(cut, length) + kJpeg2 + "\r\n";
  for (const size_t piece : {stream.size(), size_t{1}, size_t{7}}) {
    const Read read = read_all(kType, stream, piece);
    ASSERT_EQ(read.bodies.size(), 2u) << piece;
    EXPECT_EQ(read.bodies[0], cut + "\r\n");
    EXPECT_EQ(read.bodies[1], kJpeg2);
  }
}

// The last byte that a length counts may be half of an SOI: it belongs to its part, however the
// stream arrives.
TEST(MultipartReader, HalfAStartOfImageWithinTheLengthBeginsNoPicture) {
  const std::string padding = "\x01\x02\xff";
  const auto length = fmt::format("{}", kJpeg1.size() + padding.size());
  const std::string stream =
      "--B\r\n" + part_of_length(kJpeg1 + padding + "\xd8 no picture", length) + sized_part(kJpeg2);
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}}) {
    EXPECT_EQ(read_all(kType, stream, piece).bodies, (std::vector{kJpeg1, kJpeg2})) << piece;
  }
}

TEST(MultipartReader, BytesAfterAPictureDoNotDelayIt) {
  const std::string padding(300, '\0');
  for (const char* head : {"\r\n", "Content-Type: image/jpeg\r\n\r\n"}) {
    MultipartReader reader(kType, kMax);
    Read read;
    for (size_t i = 1; i <= 3; ++i) {
      feed(reader, "--B\r\n" + std::string(head) + kJpeg1 + padding + "\r\n", read);
      ASSERT_EQ(read.bodies.size(), i);
      EXPECT_EQ(read.bodies.back(), kJpeg1);
    }
  }
}

TEST(MultipartReader, IgnoresBlankLinesAroundAHead) {
  const std::string field = "Content-Type: image/jpeg\r\n";
  for (const std::string before : {"", "\r\n", "\r\n\r\n", "\n"}) {
    for (const std::string behind : {"\r\n", "\r\n\r\n", "\r\n\n\n"}) {
      SCOPED_TRACE(fmt::format("{} {}", before.size(), behind.size()));
      const std::string sized = fmt::format("{}Content-Length: {}\r\n", field, kJpeg1.size());
      for (const std::string& fields : {field, sized}) {
        const std::string part = "--B\r\n" + before + fields + behind + kJpeg1 + "\r\n";
        expect_bodies(kType, part + part, {kJpeg1, kJpeg1});
      }
    }
  }
  expect_bodies(kType, "--B\r\n" + field + kJpeg1 + "\r\n--B\r\n" + field + kJpeg2,
                {kJpeg1, kJpeg2});
}

TEST(MultipartReader, AllowsADelimiterOnlyBeforeTheFirstPicture) {
  const std::string head = "--B\r\nContent-Type: image/jpeg\r\n\r\n";
  expect_bodies(kType, head + kJpeg1 + kJpeg2 + "\r\n" + kJpeg1, {kJpeg1, kJpeg2, kJpeg1});
  const std::string cut = kJpeg2.substr(0, kJpeg2.size() - 5);
  expect_bodies(kType, head + kJpeg1 + cut + kJpeg1 + kJpeg2, {kJpeg1, cut, kJpeg1, kJpeg2});
}

TEST(MultipartReader, MissingDelimiterLosesNoCompletePicture) {
  const std::string cut = kJpeg2.substr(0, kJpeg2.size() - 5);
  const std::string stream =
      unsized_part(kJpeg1) + unsized_part(kJpeg2) + unsized_part(cut + kJpeg1);
  expect_bodies(kType, stream + unsized_part(kJpeg2), {kJpeg1, kJpeg2, cut, kJpeg1, kJpeg2});
}

TEST(MultipartReader, DataAfterAPictureIsNotASecondPicture) {
  const std::string two = kJpeg1 + kJpeg2;  // as phones append a preview
  for (const size_t piece : {size_t{1}, size_t{100}, size_t{100'000}}) {
    const Read read = read_all(kType, sized_part(two) + sized_part(two), piece);
    ASSERT_EQ(read.bodies.size(), 2u);
    for (const std::string& body : read.bodies) EXPECT_TRUE(body.starts_with(kJpeg1));
  }
  expect_bodies(kType, unsized_part(kJpeg1) + unsized_part(two) + unsized_part(two),
                {kJpeg1, kJpeg1, kJpeg1});
}

// The same for pieces of any size, like expect_bodies().
void expect_jpegs(std::optional<size_t> length, const std::string& body,
                  const std::vector<std::string>& bodies) {
  for (const size_t piece : {body.size(), size_t{1}, size_t{2}, size_t{7}}) {
    MultipartReader reader = MultipartReader::of_jpegs(length, kMax);
    Read read;
    for (std::string_view rest = body; !rest.empty();) {
      feed(reader, rest.substr(0, piece), read);
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    MultipartPart part;
    if (reader.finish()) {
      reader.take(part);
      read.bodies.push_back(text_of(part.body));
    }
    EXPECT_EQ(read.bodies, bodies) << piece;
  }
}

TEST(MultipartReader, ReadsConcatenatedJpegs) {
  expect_jpegs({}, kJpeg1, {kJpeg1});
  expect_jpegs({}, kJpeg1 + kJpeg2 + kJpeg1, {kJpeg1, kJpeg2, kJpeg1});
  expect_jpegs({}, "\r\n" + kJpeg1 + "\r\n" + kJpeg2 + "junk\xff" + kJpeg1,
               {kJpeg1, kJpeg2, kJpeg1});
  expect_jpegs({}, kJpeg1 + "--x\r\nContent-Type: image/jpeg\r\n\r\n" + kJpeg2, {kJpeg1, kJpeg2});
  const std::string cut = kJpeg1.substr(0, kJpeg1.size() - 2);
  expect_jpegs({}, cut, {cut});
  expect_jpegs(kJpeg1.size(), cut, {cut});
  expect_jpegs(cut.size(), cut, {cut});
  const std::string two = kJpeg1 + kJpeg2;
  for (const size_t more : {0u, 10u}) expect_jpegs(kJpeg1.size() + more, kJpeg1, {kJpeg1});
  MultipartReader reader = MultipartReader::of_jpegs(two.size(), kMax);
  Read read;
  feed(reader, kJpeg1, read);
  feed(reader, kJpeg2, read);
  EXPECT_EQ(read.bodies, std::vector{kJpeg1}) << "one body with a length is one picture";
}

TEST(MultipartReader, DetectsTheFormatFromTheFirstBytes) {
  EXPECT_EQ(look_at_body("\xff\xd8"), BodyKind::jpeg);
  EXPECT_EQ(look_at_body("\r\n\xff\xd8\xff"), BodyKind::jpeg);
  EXPECT_EQ(look_at_body("--frame\r\n"), BodyKind::multipart);
  EXPECT_EQ(look_at_body("\r\n--7b"), BodyKind::multipart);
  for (const char* begin : {"", "\r\n", "-", "--", "\xff", "\n-"}) {
    EXPECT_EQ(look_at_body(begin), BodyKind::unknown) << begin;
  }
  for (const char* begin : {"<html>", "-x", "\xff\xd9", "GIF89a", " --x", "no"}) {
    EXPECT_EQ(look_at_body(begin), BodyKind::other) << begin;
  }
}

}  // namespace
}  // namespace fanlight
