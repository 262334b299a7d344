// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "capture/jpeg_check.h"
#include "tests/capture/jpeg_parts.h"

namespace fanlight {
namespace {

size_t scan_end(std::initializer_list<uint8_t> data) {
  Bytes bytes;
  for (const uint8_t value : data) bytes.push_back(std::byte{value});
  const GuardedBytes guarded(bytes);
  return find_scan_end(
      {reinterpret_cast<const uint8_t*>(guarded.span().data()), guarded.span().size()});
}

TEST(JpegReader, FindsWhereAScanEnds) {
  EXPECT_EQ(scan_end({0xff, 0xd9}), 0u);
  EXPECT_EQ(scan_end({1, 2, 0xff, 0xd9, 5}), 2u);
  EXPECT_EQ(scan_end({1, 0xff, 0, 0xff, 0xd3, 2, 0xff, 0xda}), 6u) << "stuffing and restarts";
  EXPECT_EQ(scan_end({1, 0xff, 0xff, 0xff, 0xd9}), 3u) << "fill bytes";
}

TEST(JpegReader, AnUndecidedEndOfTheDataIsLeftForLater) {
  EXPECT_EQ(scan_end({}), 0u);
  EXPECT_EQ(scan_end({1}), 1u);
  EXPECT_EQ(scan_end({0xff}), 0u);
  EXPECT_EQ(scan_end({1, 2, 3}), 3u);
  EXPECT_EQ(scan_end({1, 2, 0xff}), 2u);
  EXPECT_EQ(scan_end({1, 0xff, 0}), 3u);
  EXPECT_EQ(scan_end({1, 0xff, 0, 0xff}), 3u);
  EXPECT_EQ(scan_end({1, 0xff, 0xff}), 2u);
}

TEST(JpegReader, GivesTheSegmentsOneByOne) {
  const Bytes fill(2, std::byte{0xff});
  const Bytes comment = jpeg_segment(0xfe, "hello");
  const Bytes jpeg = kSoi + fill + comment + kDqt + kSof + kSos + kScan + kEoi + kScan;
  JpegReader reader(jpeg);
  ASSERT_TRUE(reader.read_start());
  EXPECT_EQ(reader.segment().size(), 2u);
  ASSERT_TRUE(reader.read_segment());
  EXPECT_EQ(reader.marker(), 0xfe);
  EXPECT_EQ(reader.segment().size(), comment.size()) << "without the fill bytes";
  EXPECT_EQ(reader.segment()[1], 0xfe);
  EXPECT_EQ(reader.width(), 0);
  ASSERT_TRUE(reader.read_segment() && reader.read_segment());
  EXPECT_EQ(reader.width(), 3);
  EXPECT_EQ(reader.height(), 2);
  ASSERT_TRUE(reader.read_segment());
  EXPECT_TRUE(reader.is_scan());
  EXPECT_TRUE(reader.lacks_huffman_tables());
  ASSERT_TRUE(reader.skip_scan());
  ASSERT_TRUE(reader.read_segment());
  EXPECT_TRUE(reader.is_end());
  EXPECT_EQ(reader.segment().size(), 2u);
  EXPECT_EQ(reader.rest().size(), kScan.size());
}

std::string_view problem_of(const Bytes& jpeg) {
  const GuardedBytes guarded(jpeg);
  return check_jpeg(guarded.span()).problem;
}

Bytes with_frame_header(std::string_view content) {
  return kSoi + kDqt + jpeg_segment(0xc0, content) + kSos + kScan + kEoi;
}

TEST(JpegReader, RefusesSizesThatCannotBe) {
  using namespace std::literals;
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x00\x01\x01\x11\x00"sv)),
            "it does not tell its size");
  EXPECT_EQ(problem_of(with_frame_header("\x08\xff\xff\xff\xff\x01\x01\x11\x00"sv)),
            "damaged: larger than any picture is");
  EXPECT_EQ(problem_of(with_frame_header("\x08\x04\x00\x04\x00\x01\x01\x11\x00"sv)),
            "damaged: too little data for its size")
      << "a size that became 1024x1024";
}

TEST(JpegReader, RefusesFrameHeadersThatMakeNoSense) {
  using namespace std::literals;
  const std::string_view damaged = "damaged: frame header";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x02\x01\x11\x00\x02\x11\x00"sv)),
            damaged)
      << "two components";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x03\x01\x11\x00"sv)), damaged)
      << "components that are not there";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x01\x01\x01\x00"sv)), damaged)
      << "sampling of 0";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x01\x01\x15\x00"sv)), damaged)
      << "sampling of 5";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x01\x01\x11\x04"sv)), damaged)
      << "quantization table 4";
  EXPECT_EQ(problem_of(with_frame_header("\x0c\x00\x02\x00\x03\x01\x01\x11\x00"sv)),
            "a coding that browsers do not show")
      << "12 bits";
}

TEST(JpegReader, RefusesScansOfUnknownComponentsAndTables) {
  using namespace std::literals;
  const auto problem = [](std::string_view scan_header) {
    return problem_of(kSoi + kDqt + kSof + jpeg_segment(0xda, scan_header) + kScan + kEoi);
  };
  EXPECT_EQ(problem("\x01\x01\x00\x00\x3f\x00"sv), "");
  EXPECT_EQ(problem("\x01\x01\x11\x00\x3f\x00"sv), "");
  EXPECT_EQ(problem(""sv), "damaged: scan header");
  EXPECT_EQ(problem("\x00\x00\x3f\x00"sv), "damaged: scan header") << "no component";
  EXPECT_EQ(problem("\x02\x01\x00\x01\x00\x00\x3f\x00"sv), "damaged: scan header") << "too many";
  EXPECT_EQ(problem("\x01\x01\x00\x00\x3f"sv), "damaged: scan header") << "too short";
  EXPECT_EQ(problem("\x01\x02\x00\x00\x3f\x00"sv), "damaged: a table is missing");
  EXPECT_EQ(problem("\x01\x01\x20\x00\x3f\x00"sv), "damaged: a table is missing")
      << "annex K has no table 2";
}

TEST(JpegReader, RefusesTablesThatDoNotFitTheirSegment) {
  using namespace std::literals;
  const std::string none(16, '\0');
  const std::string one = "\1" + std::string(15, '\0');
  const auto huffman = [](const std::string& content) {
    return problem_of(kSoi + jpeg_segment(0xc4, content) + kDqt + kSof + kSos + kScan + kEoi);
  };
  const std::string both = std::string(1, '\x00') + one + "\7" + "\x10" + one + "\7";
  EXPECT_EQ(huffman(both), "");
  EXPECT_EQ(huffman(both.substr(0, 18)), "damaged: a table is missing") << "no AC";
  EXPECT_EQ(huffman(std::string(1, '\0') + one), "damaged: Huffman tables") << "no values";
  EXPECT_EQ(huffman(std::string(1, '\0') + none), "damaged: Huffman tables") << "no codes";
  EXPECT_EQ(huffman("\x20" + one + "\7"), "damaged: Huffman tables") << "class 2";
  EXPECT_EQ(huffman(both + "\1"), "damaged: Huffman tables") << "trailing byte";

  const auto quantization = [](const std::string& content) {
    return problem_of(kSoi + jpeg_segment(0xdb, content) + kSof + kSos + kScan + kEoi);
  };
  EXPECT_EQ(quantization("\x10" + std::string(128, '\1')), "") << "16 bits";
  EXPECT_EQ(quantization("\x10" + std::string(127, '\1')), "damaged: quantization tables");
  EXPECT_EQ(quantization("\x20" + std::string(128, '\1')), "damaged: quantization tables");
  EXPECT_EQ(quantization("\x01" + std::string(64, '\1')), "damaged: a table is missing");
}

TEST(JpegReader, AProgressiveScanNeedsOnlyTheTablesThatItUses) {
  const Bytes jpeg = progressive(noise_jpeg(64, 48, 2));
  EXPECT_EQ(problem_of(jpeg), "");
  EXPECT_EQ(problem_of(without(jpeg, 0xc4)), "damaged: a table is missing")
      << "annex K is for baseline";
}

}  // namespace
}  // namespace fanlight
