// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/web_socket_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include "core/random.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

using Event = WebSocketReader::Event;

// A log of the events when `bytes` are passed in pieces of `step`.
std::string story_of(std::string_view bytes, size_t step = SIZE_MAX) {
  WebSocketReader reader;
  std::string story;
  while (!bytes.empty()) {
    const auto [event, taken] = reader.read(bytes.substr(0, step));
    EXPECT_LE(taken, std::min(step, bytes.size()));
    bytes.remove_prefix(taken);
    const auto code = std::to_string(static_cast<unsigned>(reader.close_code()));
    if (event == Event::ping) story += "ping(" + std::string(reader.payload()) + ") ";
    if (event == Event::closed) return story + "closed(" + code + ")";
    if (event == Event::failed) return story + "failed(" + code + ")";
  }
  return story;
}

std::string frame(unsigned char first, std::string_view payload) {
  return client_frame(first, payload);
}

TEST(WebSocketReader, TakesMessagesAndTellsOfPings) {
  const std::string text = frame(0x81, "hello") + frame(0x89, "are you there") +
                           frame(0x82, std::string(200, 'b')) + frame(0x89, "") +
                           frame(0x8a, "unasked") + frame(0x82, std::string(65536, 'c')) +
                           frame(0x89, std::string(125, 'p')) + frame(0x88, "\x03\xe8 bye");
  const std::string expected =
      "ping(are you there) ping() ping(" + std::string(125, 'p') + ") closed(1000)";
  EXPECT_EQ(story_of(text), expected);
  for (const size_t step : {1u, 2u, 3u, 7u, 256u, 1000u}) EXPECT_EQ(story_of(text, step), expected);
}

TEST(WebSocketReader, TakesFragmentsWithControlFramesBetween) {
  EXPECT_EQ(story_of(frame(0x01, "one") + frame(0x89, "x") + frame(0x00, "two") +
                     frame(0x80, "three") + frame(0x81, "next") + frame(0x88, "")),
            "ping(x) closed(0)");
}

TEST(WebSocketReader, RefusesWhatTheProtocolForbids) {
  const std::string unmasked = {char(0x81), 1, 'x'};
  const std::string long_126 = {char(0x81), char(0x80 | 126), 0, 125, 0, 0, 0, 0};
  const std::string long_127 = {char(0x81), char(0x80 | 127), 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
  const std::string long_127_most = {char(0x81), char(0x80 | 127), 0,          0, 0, 0, 0,
                                     0,          char(0xff),       char(0xff), 0, 0, 0, 0};
  const std::string negative = {
      char(0x81), char(0x80 | 127), char(0x80), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const std::string& wrong : {
           unmasked, long_126, long_127, long_127_most, negative, frame(0xc1, "reserved bit"),
           frame(0xa1, "reserved bit"), frame(0x91, "reserved bit"), frame(0x83, "reserved opcode"),
           frame(0x8b, "reserved control"), frame(0x80, "continues nothing"),
           frame(0x01, "begins") + frame(0x81, "begins again"), frame(0x09, "ping in fragments"),
           frame(0x89, std::string(126, 'p')), frame(0x88, "x"),  // half a code
           frame(0x88, "\x03\xe7"),                               // 999
           frame(0x88, "\x03\xed"),                               // 1005, never sent
           frame(0x88, "\x13\x88"),                               // 5000
       }) {
    EXPECT_EQ(story_of(wrong), "failed(1002)") << testing::PrintToString(wrong);
    EXPECT_EQ(story_of(wrong, 1), "failed(1002)") << testing::PrintToString(wrong);
  }
}

// RFC 6455 section 5.2: lengths up to 125 take one byte, up to 65535 two more, others eight.
TEST(WebSocketReader, TakesTheShortestAndLongestOfEachLength) {
  for (const size_t length : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
    const std::string text = frame(0x82, std::string(length, 'x')) + frame(0x89, "on");
    EXPECT_EQ(story_of(text), "ping(on) ") << length;
  }
}

// RFC 6455 section 7.4.
TEST(WebSocketReader, TakesTheCodesThatAnEndpointMaySend) {
  const auto closed_with = [](unsigned code) {
    return story_of(
        frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code)}));
  };
  for (const unsigned code : {1000u, 1003u, 1007u, 1014u, 3000u, 4999u}) {
    EXPECT_EQ(closed_with(code), "closed(" + std::to_string(code) + ")");
  }
  for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 2999u, 5000u}) {
    EXPECT_EQ(closed_with(code), "failed(1002)") << code;
  }
}

// RFC 6455 sections 5.6 and 8.1.
TEST(WebSocketReader, TextsMustBeUtf8) {
  const std::string euro = "\xe2\x82\xac";
  const std::string good = frame(0x81, euro) + frame(0x01, euro.substr(0, 1)) +
                           frame(0x89, "\xff") + frame(0x00, euro.substr(1, 1)) +
                           frame(0x80, euro.substr(2)) + frame(0x82, "\xff") + frame(0x02, "\xff") +
                           frame(0x80, "\xe2") + frame(0x81, "") + frame(0x88, "\x03\xe8" + euro);
  for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, SIZE_MAX}) {
    EXPECT_EQ(story_of(good, step), "ping(\xff) closed(1000)") << step;
  }
  for (const std::string& wrong :
       {frame(0x81, "\xff"), frame(0x81, euro.substr(0, 2)), frame(0x01, "\xff"),
        frame(0x01, euro.substr(0, 2)) + frame(0x80, ""),
        frame(0x01, euro.substr(0, 2)) + frame(0x80, "x"),
        frame(0x88, "\x03\xe8" + euro.substr(0, 2)), frame(0x88, "\x03\xe8\xff")}) {
    EXPECT_EQ(story_of(wrong), "failed(1007)") << testing::PrintToString(wrong);
    EXPECT_EQ(story_of(wrong, 1), "failed(1007)") << testing::PrintToString(wrong);
  }
}

TEST(WebSocketReader, LimitsAMessageNotAConnection) {
  const std::string most = std::string(64 << 10, 'm');
  EXPECT_EQ(story_of(frame(0x82, most) + frame(0x82, most) + frame(0x89, "on")), "ping(on) ");
  EXPECT_EQ(story_of(frame(0x82, most + "m")), "failed(1009)");
  EXPECT_EQ(story_of(frame(0x02, most) + frame(0x80, "m")), "failed(1009)");
  // The longest that the protocol knows, but for the bit that no length has.
  const std::string longest = {char(0x82), char(0x80 | 127), 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(story_of(longest), "failed(1009)");
}

// Any bytes, in pieces of any size: the same log, and no byte is read beyond those passed.
TEST(WebSocketReader, GarbageIsTakenOrRefusedInTheSameWayHoweverItIsCut) {
  const uint64_t seed = 20261122;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    while (text.size() < 300) {
      if (random.below(3) != 0) {
        const std::string payload(random.below(130), 'x');
        text += frame(static_cast<unsigned char>(0x80 | random.below(12)), payload);
      } else {
        text += static_cast<char>(random.next());
      }
    }
    EXPECT_EQ(story_of(text), story_of(text, 1 + random.below(9)));
  }
}

}  // namespace
}  // namespace fanlight
