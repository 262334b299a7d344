// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_walker.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {
namespace {

using Found = JpegWalker::Found;

std::string jpeg() {
  const Bytes bytes = make_jpeg(32, 16, 20, 1, 60);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Feeds single bytes; returns what was found, and after how many bytes.
std::pair<Found, size_t> walk(const std::string& bytes, JpegWalker& walker) {
  for (size_t size = 2; size <= bytes.size(); ++size) {
    const Found found = walker.walk(std::string_view(bytes).substr(0, size));
    if (found != Found::nothing) return {found, size};
  }
  return {Found::nothing, bytes.size()};
}

void expect(const std::string& bytes, Found found, size_t at) {
  JpegWalker slow;
  const auto [seen, after] = walk(bytes, slow);
  EXPECT_EQ(seen, found);
  JpegWalker fast;
  EXPECT_EQ(fast.walk(bytes), found);
  if (found == Found::nothing) return;
  EXPECT_EQ(slow.at(), at);
  EXPECT_EQ(fast.at(), at);
  EXPECT_EQ(after, found == Found::end ? at : at + 2) << "as soon as it arrives";
}

TEST(JpegWalker, FindsTheEnd) {
  expect(jpeg(), Found::end, jpeg().size());
  expect(jpeg() + "more\xff\xd9", Found::end, jpeg().size());
  expect(jpeg().substr(0, jpeg().size() - 1), Found::nothing, 0);
}

TEST(JpegWalker, SkipsStrayBytesAndSegmentContents) {
  std::string thumbnail = jpeg();
  thumbnail.insert(2, std::string("\xff\xe1\x00\x06\xff\xd8\xff\xd9", 8));
  expect(thumbnail, Found::end, thumbnail.size());
  std::string stray = jpeg();
  stray.insert(2, std::string("stray\xff\x00\xff\xff\xff\x01\xff\xd3", 13));
  expect(stray, Found::end, stray.size());
}

TEST(JpegWalker, FindsThePictureAfterATruncatedOne) {
  const std::string cut = jpeg().substr(0, jpeg().size() - 9);
  expect(cut + jpeg(), Found::start, cut.size());
}

}  // namespace
}  // namespace fanlight
