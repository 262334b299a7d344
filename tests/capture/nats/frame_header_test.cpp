// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/frame_header.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/segments/update_message.h"
#include "tests/capture/nats/test_link.h"

namespace fanlight {
namespace {

NatsFields fields_with(const std::string& name, const std::string& value) {
  NatsFields fields = write_frame_header(test_header(7, 1000));
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  if (!value.empty()) fields.emplace_back(name, value);
  return fields;
}

std::string_view problem_of(const NatsFields& fields) {
  FrameHeader header;
  return read_frame_header(fields, header);
}

TEST(FrameHeader, IsReadAsItWasWritten) {
  FrameHeader written = test_header(7, 1000);
  written.sequence = 9;
  written.slate = "camera lost: unplugged";
  written.via = "1.1 fanlight-1";
  written.part = 2;
  written.parts = 3;
  FrameHeader read;
  EXPECT_EQ(read_frame_header(write_frame_header(written), read), "");
  EXPECT_EQ(read.publisher, "2-a");
  EXPECT_EQ(read.number, 7u);
  EXPECT_EQ(read.sequence, 9u);
  EXPECT_EQ(read.captured, written.captured);
  EXPECT_EQ(read.slate, written.slate);
  EXPECT_EQ(read.via, written.via);
  EXPECT_EQ(read.size, 1000u);
  EXPECT_EQ(read.part, 2u);
  EXPECT_EQ(read.parts, 3u);
}

TEST(FrameHeader, OfAnUpdateHasTheSizeOfItsText) {
  FrameHeader written = test_header(7, 1000);
  written.update = 300;
  FrameHeader read;
  EXPECT_EQ(read_frame_header(write_frame_header(written), read), "");
  EXPECT_EQ(read.update, 300u);
  EXPECT_EQ(read_frame_header(fields_with("X-Update", "300"), read), "");
  EXPECT_EQ(read.update, 0u) << "of a whole frame it is not read";
  written.update = written.size;
  EXPECT_EQ(problem_of(write_frame_header(written)), "") << "without an atlas";
  NatsFields fields = write_frame_header(written);
  for (const char* text : {"", "0", "-1", "x", "1001", "99999999999999999999"}) {
    for (auto& [name, value] : fields) {
      if (name == "X-Update") value = text;
    }
    EXPECT_EQ(problem_of(fields), "no such update") << text;
  }
  written = test_header(7, kNatsFrameBytesMax);
  written.update = kUpdateMessageBytesMax;
  EXPECT_EQ(problem_of(write_frame_header(written)), "");
  ++written.update;
  EXPECT_EQ(problem_of(write_frame_header(written)), "no such update");
  written.update = 300;
  written.slate = "camera lost: unplugged";
  EXPECT_EQ(problem_of(write_frame_header(written)), "no such update") << "of a slate";
}

TEST(FrameHeader, IsWhatTheDocumentSays) {
  const NatsFields fields = write_frame_header(test_header(7, 1000));
  const NatsFields expected{{"X-Fanlight", "1"},
                            {"X-Publisher", "2-a"},
                            {"X-Number", "7"},
                            {"X-Sequence", "7"},
                            {"X-Timestamp", "1700000000.700000"},
                            {"X-Size", "1000"}};
  EXPECT_EQ(fields, expected);
}

TEST(FrameHeader, OfAWholeFrameHasOnePart) {
  FrameHeader header;
  header.part = header.parts = 5;
  EXPECT_EQ(read_frame_header(fields_with("X-Part", ""), header), "");
  EXPECT_EQ(header.part, 1u);
  EXPECT_EQ(header.parts, 1u);
}

TEST(FrameHeader, ForeignAndForgedOnesAreRefused) {
  EXPECT_EQ(problem_of({}), "not a frame of Fanlight's");
  EXPECT_EQ(problem_of(fields_with("X-Fanlight", "3")), "not a frame of Fanlight's");
  for (const std::string& text :
       {std::string(), std::string("a b"), std::string("\x01"), std::string(65, 'a')}) {
    EXPECT_EQ(problem_of(fields_with("X-Publisher", text)), "no X-Publisher") << text;
  }
  for (const char* text : {"", "0", "-1", "x", "1x", "99999999999999999999"}) {
    EXPECT_EQ(problem_of(fields_with("X-Number", text)), "no X-Number") << text;
    EXPECT_EQ(problem_of(fields_with("X-Sequence", text)), "no X-Sequence") << text;
    EXPECT_EQ(problem_of(fields_with("X-Size", text)), "no X-Size") << text;
  }
  for (const char* text : {"", "x", "12", "99999999999999.000000"}) {
    EXPECT_EQ(problem_of(fields_with("X-Timestamp", text)), "no X-Timestamp") << text;
  }
  EXPECT_EQ(problem_of(fields_with("X-Size", "33554432")), "");
  EXPECT_EQ(problem_of(fields_with("X-Size", "33554433")), "a frame of more than 32 MB");
  EXPECT_EQ(problem_of(fields_with("X-Part", "4096/4096")), "");
  for (const char* text : {"0/1", "2/1", "1", "/", "1/", "1/x", "1/4097"}) {
    EXPECT_EQ(problem_of(fields_with("X-Part", text)), "no such part") << text;
  }
}

// The bytes of a header: `NATS/1.0`, `Name: value` lines and a blank one.
TEST(FrameHeader, FitsItsRoomHoweverLongItsTextsAre) {
  FrameHeader header = test_header(~uint64_t{0}, kNatsFrameBytesMax);
  header.publisher = std::string(kPublisherBytesMax, 'p');
  header.slate = std::string(1000, '\xff');
  header.via = std::string(480, 'v');  // CameraPanel::kViaBytesMax
  header.part = header.parts = kNatsPartsMax;
  header.update = kUpdateMessageBytesMax;
  size_t bytes = 12;
  for (const auto& [name, value] : write_frame_header(header)) {
    bytes += name.size() + value.size() + 4;
    EXPECT_TRUE(std::all_of(value.begin(), value.end(), [](char c) {
      return c >= ' ' && c <= '~';
    })) << name;
  }
  EXPECT_LE(bytes, kFrameHeaderBytesMax);
}

TEST(FrameHeader, APublisherThatStartsLaterIsGreater) {
  const WallTime now(std::chrono::seconds(1'700'000'000));
  EXPECT_EQ(make_publisher(now, 0xab), "1700000000000000-000000ab");
  EXPECT_LT(make_publisher(now, 7), make_publisher(now + std::chrono::microseconds(1), 1));
  EXPECT_LT(make_publisher(WallTime{}, 7), make_publisher(now, 1));
  EXPECT_NE(make_publisher(now, 1), make_publisher(now, 2));
}

}  // namespace
}  // namespace fanlight
