// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/multipart_reader.h"

#include "core/random.h"
#include "tests/capture/relay/test_multipart.h"

namespace fanlight {
namespace {

TEST(MultipartReader, ReadsPartsWithALength) {
  expect_bodies(kType, sized_part("one") + sized_part("two\r\n--B\r\nin it"),
                {"one", "two\r\n--B\r\nin it"});
}

TEST(MultipartReader, ReadsPartsWithoutALength) {
  expect_bodies(kType, unsized_part(kJpeg1) + unsized_part(kJpeg2) + "--B\r\n", {kJpeg1, kJpeg2});
  expect_bodies(kType, unsized_part("no JPEG") + unsized_part("\r\nx\r\n") + "--B\r\n",
                {"no JPEG", "x\r\n"});
}

TEST(MultipartReader, WithoutALengthACompletePictureIsNotDelayed) {
  for (const char* end : {"", "\r\n"}) {
    const std::string stream = "--B\r\nContent-Type: image/jpeg\r\n\r\n" + kJpeg1 + end;
    EXPECT_EQ(read_all(kType, stream, stream.size()).bodies, std::vector{kJpeg1});
    EXPECT_EQ(read_all(kType, stream, 1).bodies, std::vector{kJpeg1});
  }
  // Bytes that only resemble an end are not treated as one.
  std::string jpeg = kJpeg1;
  jpeg.insert(2, std::string("\xff\xe1\x00\x06", 4) + "ab\xff\xd9");
  expect_bodies(kType, unsized_part(jpeg) + "--B\r\n", {jpeg});
}

TEST(MultipartReader, IgnoresEndMarkersInsideSegments) {
  std::string jpeg = kJpeg1.substr(0, 2);
  for (int i = 0; i < 100; ++i) jpeg += std::string("\xff\xe1\x00\x06", 4) + "ab\xff\xd9";
  jpeg += kJpeg1.substr(2);
  for (const std::string& part : {unsized_part(jpeg), sized_part(jpeg)}) {
    EXPECT_EQ(read_all(kType, part, 1).bodies, std::vector{jpeg});
    EXPECT_EQ(read_all(kType, part, part.size()).bodies, std::vector{jpeg});
  }
}

TEST(MultipartReader, UnderstandsEveryBoundarySyntax) {
  const std::string type = "multipart/x-mixed-replace";
  const std::string stream = sized_part("x") + unsized_part(kJpeg1) + "--B--\r\n";
  for (const char* parameter :
       {"; boundary=B", ";boundary=\"B\"", "; charset=x; BOUNDARY = B ; y=z", "; boundary=--B", "",
        ";", "; boundary=", "; boundary=another", ";boundary=\"B", "; xboundary=C"}) {
    expect_bodies(type + parameter, stream, {"x", kJpeg1});
  }
  const auto with = [](const std::string& delimiter) {
    return sized_part("x", delimiter) + unsized_part(kJpeg1, delimiter) + delimiter + "\r\n";
  };
  expect_bodies(type + ";boundary=--video boundary--", with("--video boundary--"), {"x", kJpeg1});
  expect_bodies(type + ";boundary=--B", with("----B"), {"x", kJpeg1});
  expect_bodies(type + ";boundary=B", with("B"), {"x", kJpeg1});
}

TEST(MultipartReader, SkipsThePreamble) {
  expect_bodies(kType, "\r\n\r\n" + sized_part("x"), {"x"});
  expect_bodies(kType, "This is\r\n--not\r\nB--\r\n" + sized_part("x"), {"x"});
  expect_bodies(kType, kJpeg1 + "\r\n" + sized_part("x"), {kJpeg1, "x"});
}

TEST(MultipartReader, AcceptsBareLineFeeds) {
  expect_bodies(kType, unsized_part(kJpeg1, "--B", "\n") + unsized_part("y", "--B", "\n") + "--B\n",
                {kJpeg1, "y"});
  expect_bodies(kType, "--B\nContent-Length: 1\n\nx\n--B\nContent-Length:2\n\nyz", {"x", "yz"});
}

TEST(MultipartReader, DelimiterMayFollowThePictureDirectly) {
  const std::string head = "Content-Type: image/jpeg\r\n\r\n";
  expect_bodies(kType, "--B\r\n" + head + kJpeg1 + "--B \r\n" + head + kJpeg2 + "--B\r\n",
                {kJpeg1, kJpeg2});
  expect_bodies(kType, "--B\r\nContent-Length: 1\r\n\r\nx--B\r\nContent-Length: 1\r\n\r\ny",
                {"x", "y"});
}

TEST(MultipartReader, PartialDelimiterBelongsToThePart) {
  const std::string body = "a--B\r\n\r\n--Bx\r\n-\r\n--";
  expect_bodies(kType, unsized_part(body) + "--B\r\n", {body});
}

TEST(MultipartReader, WrongLengthAffectsOnlyItsOwnPart) {
  const std::string type = "--B\r\nContent-Type: image/jpeg\r\nContent-Length: ";
  expect_bodies(kType, type + "2\r\n\r\nlonger\nthan\r\n" + sized_part("x"), {"lo", "x"});
  const std::string swallowed = type + "20\r\n\r\nshort\r\n" + sized_part("x") + sized_part("y");
  EXPECT_EQ(read_all(kType, swallowed, 3).bodies.back(), "y");
  for (const char* length : {"-1", "x", "", "1x", "99999999999999999999999"}) {
    expect_bodies(kType, type + length + "\r\n\r\nbody\r\n--B\r\n", {"body"});
  }
  expect_bodies(kType, type + "0\r\n\r\n\r\n" + sized_part("x"), {"x"});
}

TEST(MultipartReader, SkipsPartsThatAreNotPictures) {
  const auto part = [](std::string_view type, std::string_view body) {
    return fmt::format("--B\r\nContent-type:{}\r\nContent-Length:{}\r\n\r\n{}\r\n", type,
                       body.size(), body);
  };
  expect_bodies(kType,
                part("text/plain", "x") + part("image/jpg", "y") + part("IMAGE/JPEG", "z") +
                    part("application/octet-stream", kJpeg1),
                {"y", "z", kJpeg1});
  expect_bodies(kType, "--B\r\n\r\nno head\r\n--B\r\n", {"no head"});
}

TEST(MultipartReader, PassesOnTheFieldsOfTheHead) {
  const std::string stream =
      "--B\r\nContent-Length: 1\r\nX-Timestamp: 1700000000.25\r\nx-sequence: "
      "18446744073709551615\r\n"
      "X-Slate: camera lost: unplugged \r\n\r\nx\r\n--B\r\nContent-Length: 1\r\n\r\ny";
  for (const size_t piece : {stream.size(), size_t{1}}) {
    const Read read = read_all(kType, stream, piece);
    ASSERT_EQ(read.parts.size(), 2u);
    EXPECT_EQ(read.parts[0].captured, WallTime(1'700'000'000'250'000us));
    EXPECT_EQ(read.parts[0].sequence, UINT64_MAX);
    EXPECT_EQ(read.parts[0].slate_reason, "camera lost: unplugged");
    EXPECT_FALSE(read.parts[1].captured || read.parts[1].sequence);
    EXPECT_EQ(read.parts[1].slate_reason, "");
  }
}

TEST(MultipartReader, ClosingDelimiterEndsTheStream) {
  for (const std::string& part : {sized_part("x"), unsized_part("x"), unsized_part(kJpeg1)}) {
    for (const size_t piece : {size_t{1000}, size_t{1}}) {
      const Read read = read_all(kType, part + "--B--\r\n" + sized_part("y"), piece);
      EXPECT_EQ(read.last, Event::end);
      EXPECT_EQ(read.bodies.size(), 1u);
    }
  }
  EXPECT_EQ(read_all(kType, "--B--\r\n", 100).last, Event::end) << "without a part";
  MultipartReader reader(kType, kMax);
  Read read;
  feed(reader, sized_part("x") + "--B--\r\n", read);
  feed(reader, sized_part("y"), read);
  EXPECT_EQ(read.bodies.size(), 1u) << "nothing follows the end";
}

TEST(MultipartReader, BoundsMemory) {
  const std::string body(100, 'x');
  EXPECT_EQ(read_all(kType, sized_part(body), 7, 100).bodies.size(), 1u);
  EXPECT_EQ(read_all(kType, sized_part(body), 7, 99).last, Event::too_large);
  EXPECT_EQ(read_all(kType, unsized_part(body), 7, 99).last, Event::too_large);
  EXPECT_EQ(read_all(kType, std::string(101, 'x'), 7, 100).last, Event::too_large) << "preamble";
  EXPECT_EQ(read_all(kType, "--B\r\n" + std::string(200, 'x'), 7, 100).last, Event::too_large);
  EXPECT_EQ(read_all(kType, "--B\r\nContent-Length: 100000000000\r\n\r\n", 7).last,
            Event::too_large)
      << "before any of it has arrived";
  MultipartReader reader(kType, 100);
  Read read;
  for (int i = 0; i < 100; ++i) feed(reader, sized_part(body), read);
  EXPECT_EQ(read.bodies.size(), 100u) << "the limit is per part, not per stream";
}

// Random content in pieces of any size: reading ends, and the result does not depend on the pieces.
TEST(MultipartReader, RandomStreams) {
  const std::string tokens[] = {"--B",
                                "\r\n",
                                "\n",
                                "-",
                                "--",
                                "B",
                                "Content-Length: 5",
                                "\r\n\r\n",
                                "Content-Type: text/plain",
                                "\xff\xd9",
                                "\xff\xd8",
                                "xyz",
                                "--B\r\n",
                                "X-Sequence: 7\r\n",
                                kJpeg1,
                                "\r"};
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    std::string stream;
    for (uint64_t i = random.below(40); i > 0; --i) stream += tokens[random.below(16)];
    const char* type = random.chance(0.5) ? kType.c_str() : "multipart/mixed";
    Read in_pieces;
    MultipartReader reader(type, 2000);
    for (std::string_view rest = stream; !rest.empty() && in_pieces.last == Event::none;) {
      const size_t piece = std::min<size_t>(random.below(60) + 1, rest.size());
      feed(reader, rest.substr(0, piece), in_pieces);
      rest.remove_prefix(piece);
    }
    for (const std::string& body : in_pieces.bodies) EXPECT_LE(body.size(), 2000u) << seed;
  }
}

}  // namespace
}  // namespace fanlight
