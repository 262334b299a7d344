// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/web_socket_message.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

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
