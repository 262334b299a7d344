// SPDX-License-Identifier: Apache-2.0
#include "http/takeover/state_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

std::string written() {
  StateWriter writer;
  writer.number(uint8_t{7});
  writer.number(uint64_t{1} << 40);
  writer.flag(true);
  writer.instant(Instant(5s));
  writer.duration(3ms);
  writer.text("front");
  writer.raw("ab");
  return writer.bytes();
}

TEST(StateReader, ReadsWhatWasWritten) {
  const std::string bytes = written();
  StateReader reader(bytes);
  EXPECT_EQ(reader.number<uint8_t>(7), 7);
  EXPECT_EQ(reader.number<uint64_t>(), uint64_t{1} << 40);
  EXPECT_TRUE(reader.flag());
  EXPECT_EQ(reader.instant(Instant(5s)), Instant(5s));
  EXPECT_EQ(reader.duration(3ms), 3ms);
  EXPECT_EQ(reader.text(5), "front");
  EXPECT_FALSE(reader.is_done());
  EXPECT_EQ(reader.raw(2), "ab");
  EXPECT_TRUE(reader.is_done());
}

TEST(StateReader, FailsWhereAValueIsMissing) {
  const std::string bytes = written();
  for (size_t size = 0; size < bytes.size(); ++size) {
    StateReader reader(std::string_view(bytes).substr(0, size));
    reader.number<uint8_t>();
    reader.number<uint64_t>();
    reader.flag();
    reader.instant(Instant(5s));
    reader.duration(3ms);
    reader.text(5);
    reader.raw(2);
    EXPECT_FALSE(reader.ok()) << size;
    EXPECT_FALSE(reader.is_done()) << size;
  }
}

TEST(StateReader, FailsOutsideOfTheRange) {
  const auto fails = [](const StateWriter& writer, auto read) {
    StateReader reader(writer.bytes());
    read(reader);
    EXPECT_EQ(reader.number<uint8_t>(), 0) << "everything after it is 0";
    return !reader.ok();
  };
  StateWriter two;
  two.number(uint8_t{2});
  two.number(uint8_t{1});
  EXPECT_TRUE(fails(two, [](StateReader& reader) { reader.number<uint8_t>(1); }));
  EXPECT_TRUE(fails(two, [](StateReader& reader) { reader.flag(); }));
  StateWriter late;
  late.instant(Instant(5s) + Duration(1));
  EXPECT_TRUE(fails(late, [](StateReader& reader) { reader.instant(Instant(5s)); }));
  StateWriter before;
  before.instant(Instant(Duration(-1)));
  EXPECT_TRUE(fails(before, [](StateReader& reader) { reader.instant(Instant(5s)); }));
  StateWriter longer;
  longer.duration(Duration(4));
  EXPECT_TRUE(fails(longer, [](StateReader& reader) { reader.duration(Duration(3)); }));
  StateWriter text;
  text.text("front");
  EXPECT_TRUE(fails(text, [](StateReader& reader) { reader.text(4); }));
}

TEST(StateReader, FailsForGood) {
  StateWriter writer;
  writer.number(uint8_t{9});
  StateReader reader(writer.bytes());
  EXPECT_FALSE(reader.check(false));
  EXPECT_FALSE(reader.check(true));
  EXPECT_EQ(reader.number<uint8_t>(), 0);
  EXPECT_FALSE(reader.is_done());
}

}  // namespace
}  // namespace fanlight
