// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/web_socket_message.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fanlight {
namespace {

FrameInfo frame_info() {
  FrameInfo info;
  info.sequence = 18'446'744'073'709'551'615u;
  info.captured_wall = WallTime(1'764'000'000'000'042us);
  info.width = 1280;
  info.height = 720;
  return info;
}

TEST(WebSocketMessage, HeadersHaveTheShortestLength) {
  const auto header = [](uint64_t length) {
    std::array<char, kFrameHeaderMax> room;
    return std::string(room.data(),
                       write_frame_header(WebSocketOpcode::binary, length, room.data()));
  };
  EXPECT_EQ(header(125), std::string("\x82\x7d"));
  EXPECT_EQ(header(126), std::string("\x82\x7e\0\x7e", 4));
  EXPECT_EQ(header(65'535), std::string("\x82\x7e\xff\xff"));
  EXPECT_EQ(header(65'536), std::string("\x82\x7f\0\0\0\0\0\x01\0\0", 10));
}

TEST(WebSocketMessage, LongestDescriptionOfAFrameFits) {
  std::array<char, kDescriptionMax> room;
  FrameInfo info = frame_info();
  info.slate_reason = SlateReason(std::string(kSlateReasonMax, '"'));
  TextWriter text(room);
  describe_frame(std::string(32, 'x'), info, text);
  const auto json = nlohmann::json::parse(text.view());
  EXPECT_EQ(json["camera"], std::string(32, 'x'));
  EXPECT_EQ(json["sequence"], info.sequence);
  EXPECT_EQ(json["slate"], std::string(kSlateReasonMax, '"'));
}

TEST(WebSocketMessage, UpdateIsDescribedByteForByte) {
  std::array<char, update_description_max(2)> room;
  FrameInfo info = frame_info();
  info.sequence = 118;
  TextWriter text(room);
  const std::array runs{SegmentRun{7, 2}, SegmentRun{900, 1}};
  describe_update("front", info, 117, {.width = 64, .height = 16, .columns = 20, .rows = 45}, runs,
                  text);
  EXPECT_EQ(text.view(), R"({"camera":"front","sequence":118,"timestamp":1764000000.000042,)"
                         R"("update":{"base":117,"width":1280,"height":720,"segment_width":64,)"
                         R"("segment_height":16,"atlas_columns":3,"runs":[[7,2],[900,1]]}})");
}

TEST(WebSocketMessage, LongestDescriptionOfAnUpdateFits) {
  std::vector<SegmentRun> runs(30'000, {65'534, 1});
  std::vector<char> room(update_description_max(runs.size()));
  FrameInfo info = frame_info();
  info.width = info.height = 65'500;
  TextWriter text(room);
  describe_update(std::string(32, 'x'), info, info.sequence,
                  {.width = 65'528, .height = 65'528, .columns = 1, .rows = 65'535}, runs, text);
  EXPECT_TRUE(nlohmann::json::accept(text.view()));
}

TEST(WebSocketMessage, HeadersAreAroundTheDescription) {
  std::array<char, kPrefixMax> room{};
  const std::string description(200, 'd');
  std::copy(description.begin(), description.end(), room.begin() + kFrameHeaderMax);
  EXPECT_EQ(frame_description(room, description.size(), 70'000),
            std::string("\x81\x7e\0\xc8", 4) + description +
                std::string("\x82\x7f\0\0\0\0\0\x01\x11\x70", 10));
  EXPECT_EQ(frame_description(room, 100, 0), std::string("\x81\x64") + std::string(100, 'd'))
      << "no picture follows";
}

}  // namespace
}  // namespace fanlight
