// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/message_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

using namespace std::string_literals;
using Event = MessageReader::Event;

// A frame as a server sends it, with the length in `length_bytes`: 0, 2 or 8.
std::string frame(unsigned first, const std::string& payload, size_t length_bytes = 0) {
  std::string bytes{static_cast<char>(first)};
  bytes += static_cast<char>(length_bytes == 0 ? payload.size() : length_bytes == 2 ? 126 : 127);
  for (size_t i = length_bytes; i > 0; --i) {
    bytes += static_cast<char>(payload.size() >> (8 * (i - 1)) & 0xff);
  }
  return bytes + payload;
}

// All events as text, whatever the sizes of the pieces.
std::vector<std::string> read_all(const std::string& stream, size_t step) {
  MessageReader reader;
  std::vector<std::string> events;
  std::string message;
  for (size_t at = 0; at < stream.size(); at += step) {
    std::string_view bytes = std::string_view(stream).substr(at, step);
    for (;;) {
      const Event event = reader.read(bytes);
      if (event == Event::none) break;
      if (event == Event::piece) {
        message += reader.piece();
        if (!reader.is_last()) continue;
        events.push_back((reader.is_text() ? "text " : "binary ") + message);
        message.clear();
      }
      if (event == Event::ping) events.push_back("ping " + std::string(reader.control()));
      if (event == Event::closed) {
        events.push_back("closed " + std::to_string(reader.close_code()));
        return events;
      }
      if (event == Event::failed) {
        events.push_back("failed: " + std::string(reader.problem()));
        return events;
      }
    }
    EXPECT_TRUE(bytes.empty());
  }
  return events;
}

void expect_events(const std::string& stream, const std::vector<std::string>& events) {
  for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, stream.size()}) {
    EXPECT_EQ(read_all(stream, step), events) << "in steps of " << step;
  }
}

TEST(MessageReader, ReadsMessagesOfEveryLength) {
  const std::string long_text(300, 'x');
  const std::string longer(70'000, 'y');
  expect_events(
      frame(0x81, "hello") + frame(0x82, "") + frame(0x82, long_text, 2) + frame(0x81, longer, 8),
      {"text hello", "binary ", "binary " + long_text, "text " + longer});
}

TEST(MessageReader, PutsFragmentsTogether) {
  expect_events(frame(0x01, "one ") + frame(0x00, "") + frame(0x89, "p") + frame(0x00, "two ") +
                    frame(0x80, "three") + frame(0x02, "a") + frame(0x80, ""),
                {"ping p", "text one two three", "binary a"});
}

TEST(MessageReader, ReportsPingsAndIgnoresPongs) {
  expect_events(frame(0x89, "") + frame(0x8a, "pong") + frame(0x89, std::string(125, 'p')),
                {"ping ", "ping " + std::string(125, 'p')});
}

TEST(MessageReader, ReportsTheClose) {
  expect_events(frame(0x88, "\x03\xe9 going away"), {"closed 1001"});
  expect_events(frame(0x88, ""), {"closed 0"});
}

TEST(MessageReader, RefusesWhatServersMustNotSend) {
  expect_events("\x81\x80mask"s, {"failed: a masked frame from a server"});
  expect_events(frame(0xc1, "x"), {"failed: a frame of an unknown extension"});
  expect_events(frame(0x83, "x"), {"failed: a frame of an unknown kind"});
  expect_events(frame(0x8b, "x"), {"failed: a frame of an unknown kind"});
  expect_events(frame(0x80, "x"), {"failed: a continuation of nothing"});
  expect_events(frame(0x01, "") + frame(0x81, "x"), {"failed: a message within another one"});
  expect_events(frame(0x09, "x"), {"failed: a control frame too long"});
  expect_events(frame(0x89, std::string(126, 'x'), 2), {"failed: a control frame too long"});
  expect_events(frame(0x88, "x"), {"failed: half a code in its close"});
  expect_events("\x82\x7f\x80"s + std::string(7, '\0'), {"failed: an impossible length"});
}

// Whatever the bytes are, they are used up or end in a failure or a close.
TEST(MessageReader, ReadsAnything) {
  constexpr uint64_t kSeed = 20261129;
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  for (int run = 0; run < 2'000; ++run) {
    std::string stream;
    for (int i = 0; i < 200; ++i) {
      stream += static_cast<char>(random.chance(0.5) ? random.below(4) | 0x80 : random.next());
    }
    EXPECT_EQ(read_all(stream, 1), read_all(stream, stream.size()));
  }
}

}  // namespace
}  // namespace fanlight
