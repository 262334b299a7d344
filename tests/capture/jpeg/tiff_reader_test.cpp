// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/tiff_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/capture/jpeg/test_exif.h"

namespace fanlight {
namespace {

std::span<const uint8_t> span_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

const std::string kSignature("Exif\0\0", 6);

TEST(TiffReader, ReadsBothByteOrders) {
  for (const bool is_little : {true, false}) {
    const std::string app1 =
        kSignature + make_tiff({{kExifTimeOriginal, "a long text"}}, is_little);
    ASSERT_TRUE(TiffReader::is_exif(span_of(app1)));
    const TiffReader tiff(span_of(app1));
    EXPECT_TRUE(tiff.is_valid());
    const size_t pointer = tiff.find(tiff.first_directory(), 0x8769);
    ASSERT_NE(pointer, 0u);
    EXPECT_EQ(tiff.count_of(pointer), 1u);
    const size_t entry = tiff.find(tiff.offset_of(pointer), kExifTimeOriginal);
    EXPECT_EQ(tiff.type_of(entry), TiffReader::kAscii);
    EXPECT_EQ(tiff.text_of(entry), "a long text");
    EXPECT_EQ(tiff.find(tiff.first_directory(), kExifTimeOriginal), 0u)
        << "it is in another directory";
  }
}

TEST(TiffReader, ReadsAShortTextFromItsEntry) {
  const std::string app1 = kSignature + make_tiff({{kExifFractionOriginal, "25"}});
  const TiffReader tiff(span_of(app1));
  const size_t directory = tiff.offset_of(tiff.find(tiff.first_directory(), 0x8769));
  EXPECT_EQ(tiff.text_of(tiff.find(directory, kExifFractionOriginal)), "25");
}

TEST(TiffReader, IgnoresWhatLiesOutside) {
  const std::string other = "http://ns.adobe.com/xap/1.0/";
  EXPECT_FALSE(TiffReader::is_exif(span_of(other)));
  const std::string bare = kSignature;
  const TiffReader none(span_of(bare));
  EXPECT_FALSE(none.is_valid());
  EXPECT_EQ(none.find(none.first_directory(), 274), 0u);
  EXPECT_EQ(none.text_of(0), "");
  std::string far = kSignature + make_tiff({{kExifTimeOriginal, "a long text"}});
  far.resize(far.size() - 8);
  const TiffReader cut(span_of(far));
  const size_t directory = cut.offset_of(cut.find(cut.first_directory(), 0x8769));
  EXPECT_EQ(cut.text_of(cut.find(directory, kExifTimeOriginal)), "");
}

}  // namespace
}  // namespace fanlight
