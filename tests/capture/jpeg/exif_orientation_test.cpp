// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/exif_orientation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "capture/jpeg/tiff_reader.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {
namespace {

using namespace std::literals;

int orientation_in(std::string_view app1) {
  const GuardedBytes guarded(bytes_of(app1));
  const std::span<const uint8_t> content{reinterpret_cast<const uint8_t*>(guarded.span().data()),
                                         guarded.span().size()};
  return TiffReader::is_exif(content) ? read_exif_orientation(content) : -1;
}

const std::string kIntel =
    "Exif\0\0II\x2a\0\x08\0\0\0\x02\0"
    "\x0f\x01\x02\0\x04\0\0\0ACME"
    "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
    "\0\0\0\0"s;
const std::string kMotorola =
    "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0"s;

TEST(ExifOrientation, IsReadInBothByteOrders) {
  EXPECT_EQ(orientation_in(kIntel), 6);
  EXPECT_EQ(orientation_in(kMotorola), 8);
}

TEST(ExifOrientation, DefaultsToUprightIfMissingOrInvalid) {
  EXPECT_EQ(orientation_in("http://ns.adobe.com/xap/1.0/\0"sv), -1) << "XMP";
  EXPECT_EQ(orientation_in("Exif\0"sv), -1);
  EXPECT_EQ(orientation_in("Exif\0\0"sv), 1);
  EXPECT_EQ(orientation_in("Exif\0\0JJ\0\x2a\0\0\0\x08"sv), 1);
  const auto changed = [](size_t at, char value) {
    std::string exif = kMotorola;
    exif[at] = value;
    return orientation_in(exif);
  };
  EXPECT_EQ(changed(25, '\x09'), 1) << "a value of 9";
  EXPECT_EQ(changed(25, '\0'), 1) << "of 0";
  EXPECT_EQ(changed(19, '\x04'), 1) << "a long";
  EXPECT_EQ(changed(23, '\x02'), 1) << "two values";
  EXPECT_EQ(changed(17, '\x11'), 1) << "another tag";
  EXPECT_EQ(changed(10, '\x7f'), 1) << "a directory beyond the end";
}

TEST(ExifOrientation, DoesNotReadBeyondTheEnd) {
  for (const std::string& exif : {kIntel, kMotorola}) {
    for (size_t size = 0; size < exif.size(); ++size) {
      const int found = orientation_in(std::string_view(exif).substr(0, size));
      EXPECT_TRUE(found == -1 || found == 1 || size >= exif.size() - 6) << size;
    }
  }
}

TEST(ExifOrientation, SmallestSegmentRoundTrips) {
  for (int value = 1; value <= 8; ++value) {
    const auto segment = exif_orientation_segment(value);
    EXPECT_EQ(segment[0] << 8 | segment[1], 0xffe1);
    EXPECT_EQ(segment[2] << 8 | segment[3], int(segment.size()) - 2);
    const auto content = std::span<const uint8_t>(segment).subspan(4);
    ASSERT_TRUE(TiffReader::is_exif(content));
    EXPECT_EQ(read_exif_orientation(content), value);
  }
}

// Corners of the stored picture, in the standard's terms: the positions of its row 0 and column 0.
TEST(ExifOrientation, MapsToRotationAndMirror) {
  EXPECT_EQ(orientation_of_exif(1), (Orientation{0, false}));
  EXPECT_EQ(orientation_of_exif(2), (Orientation{0, true})) << "top, right";
  EXPECT_EQ(orientation_of_exif(3), (Orientation{180, false})) << "bottom, right";
  EXPECT_EQ(orientation_of_exif(4), (Orientation{180, true})) << "bottom, left";
  EXPECT_EQ(orientation_of_exif(5), (Orientation{90, true})) << "left, top";
  EXPECT_EQ(orientation_of_exif(6), (Orientation{90, false})) << "right, top";
  EXPECT_EQ(orientation_of_exif(7), (Orientation{270, true})) << "right, bottom";
  EXPECT_EQ(orientation_of_exif(8), (Orientation{270, false})) << "left, bottom";
}

TEST(Orientation, ComposesInOrder) {
  EXPECT_EQ((Orientation{90, false}.then({270, false})), (Orientation{0, false}));
  EXPECT_EQ((Orientation{0, true}.then({90, false})), (Orientation{270, true}))
      << "mirror then rotate equals rotate the other way then mirror";
  EXPECT_EQ((Orientation{270, true}.then({180, true})), (Orientation{90, false}));
  for (int value = 1; value <= 8; ++value) {
    EXPECT_EQ(orientation_of_exif(value).then({}), orientation_of_exif(value));
    EXPECT_EQ(Orientation{}.then(orientation_of_exif(value)), orientation_of_exif(value));
  }
}

}  // namespace
}  // namespace fanlight
