// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "capture/jpeg/exif_orientation.h"
#include "capture/jpeg/jpeg_check.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

size_t scan_end(std::initializer_list<uint8_t> data) {
  Bytes bytes;
  for (const uint8_t value : data) bytes.push_back(std::byte{value});
  const GuardedBytes guarded(bytes);
  return find_scan_end(
      {reinterpret_cast<const uint8_t*>(guarded.span().data()), guarded.span().size()});
}

TEST(JpegReader, FindsTheEndOfAScan) {
  EXPECT_EQ(scan_end({0xff, 0xd9}), 0u);
  EXPECT_EQ(scan_end({1, 2, 0xff, 0xd9, 5}), 2u);
  EXPECT_EQ(scan_end({1, 0xff, 0, 0xff, 0xd3, 2, 0xff, 0xda}), 6u) << "stuffing and restarts";
  EXPECT_EQ(scan_end({1, 0xff, 0xff, 0xff, 0xd9}), 3u) << "fill bytes";
}

TEST(JpegReader, LeavesAnIncompleteMarkerForLater) {
  EXPECT_EQ(scan_end({}), 0u);
  EXPECT_EQ(scan_end({1}), 1u);
  EXPECT_EQ(scan_end({0xff}), 0u);
  EXPECT_EQ(scan_end({1, 2, 3}), 3u);
  EXPECT_EQ(scan_end({1, 2, 0xff}), 2u);
  EXPECT_EQ(scan_end({1, 0xff, 0}), 3u);
  EXPECT_EQ(scan_end({1, 0xff, 0, 0xff}), 3u);
  EXPECT_EQ(scan_end({1, 0xff, 0xff}), 2u);
}

TEST(JpegReader, ReturnsSegmentsOneByOne) {
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
  EXPECT_TRUE(reader.needs_standard_tables());
  reader.skip_scan();
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

TEST(JpegReader, RejectsImpossibleSizes) {
  using namespace std::literals;
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x00\x01\x01\x11\x00"sv)),
            "its size is missing");
  EXPECT_EQ(problem_of(with_frame_header("\x08\xff\xff\xff\xff\x01\x01\x11\x00"sv)),
            "larger than the limit of 268 megapixels");
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\xff\xdd\x01\x01\x11\x00"sv)),
            "larger than the limit of 65500 pixels in a row or column");
  EXPECT_EQ(problem_of(with_frame_header("\x08\x04\x00\x04\x00\x01\x01\x11\x00"sv)),
            "damaged: too little data for its size")
      << "a size changed to 1024x1024";
}

TEST(JpegReader, RejectsInvalidFrameHeaders) {
  using namespace std::literals;
  const std::string_view damaged = "damaged: frame header";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x02\x01\x11\x00\x02\x11\x00"sv)),
            damaged)
      << "two components";
  EXPECT_EQ(problem_of(with_frame_header("\x08\x00\x02\x00\x03\x03\x01\x11\x00"sv)), damaged)
      << "missing components";
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

TEST(JpegReader, RejectsUnknownComponentsAndTables) {
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
  EXPECT_EQ(problem("\x01\x02\x00\x00\x3f\x00"sv), "damaged: a scan of missing components");
  EXPECT_EQ(problem("\x01\x01\x20\x00\x3f\x00"sv), "damaged: a table is missing")
      << "annex K has no table 2";
}

TEST(JpegReader, RejectsTablesThatDoNotFitTheirSegment) {
  using namespace std::literals;
  const std::string none(16, '\0');
  const std::string one = "\1" + std::string(15, '\0');
  const auto huffman = [](const std::string& content) {
    return problem_of(kSoi + jpeg_segment(0xc4, content) + kDqt + kSof + kSos + kScan + kEoi);
  };
  const std::string both = std::string(1, '\x00') + one + "\7" + "\x10" + one + "\7";
  EXPECT_EQ(huffman(both), "");
  EXPECT_EQ(huffman(both.substr(0, 18)), "") << "no AC: that of annex K";
  EXPECT_EQ(huffman(std::string(1, '\0') + one), "damaged: Huffman tables") << "no values";
  EXPECT_EQ(huffman(std::string(1, '\0') + none), "damaged: Huffman tables") << "no codes";
  EXPECT_EQ(huffman("\x20" + one + "\7"), "damaged: Huffman tables") << "class 2";
  EXPECT_EQ(huffman("\x04" + one + "\7"), "damaged: Huffman tables") << "table 4";
  EXPECT_EQ(huffman(both + "\1"), "damaged: Huffman tables") << "trailing byte";

  const auto quantization = [](const std::string& content) {
    return problem_of(kSoi + jpeg_segment(0xdb, content) + kSof + kSos + kScan + kEoi);
  };
  EXPECT_EQ(quantization("\x10" + std::string(128, '\1')), "") << "16 bits";
  EXPECT_EQ(quantization("\x10" + std::string(127, '\1')), "damaged: quantization tables");
  EXPECT_EQ(quantization("\x20" + std::string(192, '\1')), "damaged: quantization tables")
      << "24 bits";
  EXPECT_EQ(quantization("\x04" + std::string(64, '\1')), "damaged: quantization tables")
      << "table 4";
  EXPECT_EQ(quantization("\x01" + std::string(64, '\1')), "damaged: a table is missing");
}

Bytes changed(Bytes jpeg, size_t at, int value) {
  jpeg[at] = static_cast<std::byte>(value);
  return jpeg;
}

// Tables given by the number of codes of each length; annex C derives the codes from them.
TEST(JpegReader, RejectsInvalidHuffmanCodes) {
  using namespace std::literals;
  const auto problem = [](std::string_view lengths, std::string_view values, bool is_ac = false) {
    const std::string one = "\1" + std::string(15, '\0') + "\7";
    std::string table = (is_ac ? "\x10" : "\0"s) + std::string(lengths);
    table += std::string(16 - lengths.size(), '\0') + std::string(values);
    return problem_of(kSoi + jpeg_segment(0xc4, (is_ac ? "\0"s : "\x10"s) + one) +
                      jpeg_segment(0xc4, table) + kDqt + kSof + kSos + kScan + kEoi);
  };
  EXPECT_EQ(problem("\1\1"sv, "\1\2"), "");
  EXPECT_EQ(problem("\2"sv, "\1\2"), "damaged: Huffman tables") << "one of ones only";
  EXPECT_EQ(problem("\1\2"sv, "\1\2\3"), "damaged: Huffman tables");
  EXPECT_EQ(problem("\0\4"sv, "\1\2\3\4"), "damaged: Huffman tables");
  EXPECT_EQ(problem("\0\3"sv, "\1\2\3"), "");
  EXPECT_EQ(problem("\0\0\x09"sv, "123456789", true), "damaged: Huffman tables");
  EXPECT_EQ(problem("\1"sv, "\x0f"), "");
  EXPECT_EQ(problem("\1"sv, "\x10"), "damaged: Huffman tables") << "16 bits of DC";
  EXPECT_EQ(problem("\1"sv, "\xf0", true), "") << "16 zeros in AC";

  const Bytes unused = jpeg_segment(0xc4, "\x02\2"s + std::string(15, '\0') + "\1\2");
  EXPECT_EQ(problem_of(with(noise_jpeg(32, 32, 1), unused)), "") << "unused table";
}

TEST(JpegReader, RejectsDuplicateComponentsInAScan) {
  const Bytes jpeg = noise_jpeg(32, 32, 1);
  const size_t sos = offset_of(jpeg, 0xda);
  const Bytes twice = changed(jpeg, sos + 7, 1);
  EXPECT_EQ(problem_of(twice), "damaged: a scan of missing components");
  // Some encoders give all components the same ID; it then means the first one not in the scan yet.
  const size_t sof = offset_of(jpeg, 0xc0);
  Bytes same = changed(changed(jpeg, sof + 13, 1), sof + 16, 1);
  same = changed(changed(same, sos + 7, 1), sos + 9, 1);
  EXPECT_EQ(problem_of(same), "");
}

TEST(JpegReader, RejectsInvalidScanParameters) {
  using namespace std::literals;
  const auto sequential = [](std::string_view parameters) {
    const std::string scan_header = "\1\1"s + '\0' + std::string(parameters);
    return problem_of(kSoi + kDqt + kSof + jpeg_segment(0xda, scan_header) + kScan + kEoi);
  };
  const std::string_view damaged = "damaged: an impossible scan";
  EXPECT_EQ(sequential("\x00\x3f\x00"sv), "");
  EXPECT_EQ(sequential("\x00\x00\x00"sv), "") << "as written by some encoders";
  for (const auto parameters :
       {"\x01\x3f\x00"sv, "\x00\x3e\x00"sv, "\x00\x40\x00"sv, "\x00\x3f\x10"sv, "\x00\x3f\x01"sv}) {
    EXPECT_EQ(sequential(parameters), damaged);
  }

  // The first scan of libjpeg's script has the DC of all components, except the last bit.
  const Bytes progressive = encode_pixels(shades(32, 32, 3), {.is_progressive = true});
  const size_t end = head_size(progressive);
  ASSERT_EQ(problem_of(progressive), "");
  EXPECT_EQ(problem_of(changed(progressive, end - 1, 0x1e)), damaged) << "from bit 1 to bit 14";
  EXPECT_EQ(problem_of(changed(progressive, end - 1, 0x11)), damaged) << "from bit 1 to bit 1";
  EXPECT_EQ(problem_of(changed(progressive, end - 1, 0x0e)), damaged) << "14 bits still missing";
  EXPECT_EQ(problem_of(changed(progressive, end - 2, 1)), damaged) << "DC and AC";
  EXPECT_EQ(problem_of(changed(changed(progressive, end - 3, 1), end - 2, 5)), damaged)
      << "AC of several components";
}

TEST(JpegReader, RejectsAProgressivePictureWithoutDc) {
  const Bytes jpeg = encode_pixels(
      shades(64, 64, 1), {.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}, .is_progressive = true});
  ASSERT_EQ(problem_of(jpeg), "");
  const Bytes dc = head_of(jpeg).back();
  JpegReader reader(jpeg);
  ASSERT_TRUE(reader.read_start());
  do {
    ASSERT_TRUE(reader.read_segment());
  } while (!reader.is_scan());
  reader.skip_scan();
  const size_t begin = head_size(jpeg) - dc.size();
  const size_t end = jpeg.size() - reader.rest().size();
  Bytes without_dc(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(begin));
  without_dc.insert(without_dc.end(), jpeg.begin() + static_cast<ptrdiff_t>(end), jpeg.end());
  // The last scan refines DC, which a decoder cannot do without the DC.
  EXPECT_EQ(problem_of(without_dc), "damaged: a progressive picture without DC");
}

TEST(JpegReader, RejectsWhatDecodersRefuse) {
  const Bytes jpeg = noise_jpeg(32, 32, 1);
  for (const int marker : {0x02, 0xbf, 0xde, 0xdf, 0xf0, 0xfd}) {
    EXPECT_EQ(problem_of(with(jpeg, jpeg_segment(static_cast<uint8_t>(marker), "?"))),
              "damaged: an unknown marker")
        << marker;
  }
  EXPECT_EQ(problem_of(with(jpeg, jpeg_segment(0xdd, "\1\1\1"))), "damaged: restart interval");
  const size_t sampling = offset_of(jpeg, 0xc0) + 11;
  EXPECT_EQ(problem_of(changed(changed(jpeg, sampling, 0x31), sampling + 3, 0x21)),
            "a coding that browsers do not show")
      << "chroma enlarged by one and a half";
  EXPECT_EQ(problem_of(changed(jpeg, sampling, 0x44)), "damaged: an impossible scan")
      << "18 blocks in an MCU";
}

TEST(JpegReader, Accepts200Megapixels) {
  // 16320x12240, as from a phone.
  const Bytes head =
      jpeg_segment(0xc0, std::string_view("\x08\x2f\xd0\x3f\xc0\x01\x01\x11\x00", 9));
  const Bytes scan(1 << 20, std::byte{0x55});
  EXPECT_EQ(problem_of(kSoi + kDqt + head + kSos + scan + kEoi), "");
}

TEST(JpegReader, UsesTheFirstExifBeforeTheScan) {
  const auto exif = [](int value) {
    const auto segment = exif_orientation_segment(value);
    const auto content = std::as_bytes(std::span(segment));
    return Bytes(content.begin(), content.end());
  };
  const Bytes jpeg = noise_jpeg(32, 32, 1);
  const Bytes xmp = jpeg_segment(0xe1, "http://ns.adobe.com/xap/1.0/");
  EXPECT_EQ(check_jpeg(jpeg).exif_orientation, 1);
  EXPECT_EQ(check_jpeg(with(jpeg, xmp + exif(6) + exif(3))).exif_orientation, 6);
  EXPECT_EQ(check_jpeg(with(jpeg, exif(1) + exif(3))).exif_orientation, 1);
  EXPECT_EQ(check_jpeg(with(jpeg, exif(6), jpeg.size() - 2)).exif_orientation, 1);
  const Bytes wide = noise_jpeg(64, 32, 1);
  for (int value = 1; value <= 8; ++value) {
    const JpegCheck check = check_jpeg(with(wide, exif(value)));
    EXPECT_EQ(check.width, value < 5 ? 64 : 32) << value;
    EXPECT_EQ(check.height, value < 5 ? 32 : 64) << value;
  }
}

TEST(JpegReader, ProgressiveScanNeedsOnlyTheTablesItUses) {
  const Bytes jpeg = progressive(noise_jpeg(64, 48, 2));
  EXPECT_EQ(problem_of(jpeg), "");
  EXPECT_EQ(problem_of(without(jpeg, 0xc4)), "damaged: a table is missing")
      << "annex K is for baseline";
}

}  // namespace
}  // namespace fanlight
