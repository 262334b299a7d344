// SPDX-License-Identifier: Apache-2.0
#include "tools/load/part_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tools/load/stream_samples.h"

namespace fanlight {
namespace {

using Event = PartReader::Event;

constexpr size_t kParts = 5;
constexpr uint32_t kCheckEvery = 3;

// The events that a reader reported for a stream.
struct Told {
  std::vector<PartReader::Part> parts;
  size_t heads = 0;
  size_t torn = 0;

  void add(PartReader& reader, Event event) {
    if (event == Event::part) parts.push_back(reader.part());
    if (event == Event::head) ++heads;
    if (event == Event::torn) ++torn;
  }
};

// Passes `bytes` to the reader as a viewer does when all have arrived: discards bytes that need no
// examination, and reads at most `read_max` at a time.
void give(PartReader& reader, std::string_view bytes, size_t read_max, Told& told) {
  while (!bytes.empty()) {
    const size_t unseen = std::min(reader.discardable(), bytes.size());
    if (unseen > 0) {
      told.add(reader, reader.discard(unseen));
      bytes.remove_prefix(unseen);
      continue;
    }
    std::string_view piece = bytes.substr(0, read_max);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) told.add(reader, reader.read(piece));
  }
}

Told tell(std::string_view stream, uint32_t check_every = kCheckEvery, size_t read_max = 64) {
  PartReader reader(check_every);
  Told told;
  give(reader, stream, read_max, told);
  return told;
}

struct Server {
  const char* name;
  std::string (*stream)(size_t parts);
  bool has_length;
  bool has_sequence;
  std::optional<int64_t> first_timestamp_us;
};

class EachServer : public ::testing::TestWithParam<Server> {
 protected:
  void expect_all(const Told& told, uint32_t check_every) const {
    EXPECT_EQ(told.heads, 1u);
    EXPECT_EQ(told.torn, 0u);
    ASSERT_EQ(told.parts.size(), kParts);
    for (size_t i = 0; i < kParts; ++i) {
      const PartReader::Part& part = told.parts[i];
      EXPECT_EQ(part.bytes, sample_jpeg(i + 1).size()) << "part " << i;
      EXPECT_EQ(part.was_looked_at, !GetParam().has_length || i % check_every == 0);
      EXPECT_EQ(part.sequence.has_value(), GetParam().has_sequence);
      if (part.sequence) {
        EXPECT_EQ(*part.sequence, i + 1);
      }
      const auto first = GetParam().first_timestamp_us;
      EXPECT_EQ(part.timestamp_us, first ? std::optional(*first + int64_t(i)) : std::nullopt);
    }
  }
};

TEST_P(EachServer, IsReadInOnePiece) {
  const std::string stream = GetParam().stream(kParts);
  expect_all(tell(stream), kCheckEvery);
  expect_all(tell(stream, kCheckEvery, 1 << 20), kCheckEvery);
}

TEST_P(EachServer, IsReadByteByByte) {
  const std::string stream = GetParam().stream(kParts);
  for (const uint32_t check_every : {1u, 2u, 100u}) {
    PartReader reader(check_every);
    Told told;
    for (size_t i = 0; i < stream.size(); ++i) {
      give(reader, std::string_view(stream).substr(i, 1), 1, told);
    }
    expect_all(told, check_every);
  }
}

TEST_P(EachServer, IsReadSplitAnywhereInTwo) {
  const std::string text = GetParam().stream(kParts);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    PartReader reader(kCheckEvery);
    Told told;
    give(reader, std::string_view(text).substr(0, cut), 64, told);
    give(reader, std::string_view(text).substr(cut), 64, told);
    SCOPED_TRACE(cut);
    expect_all(told, kCheckEvery);
    if (HasFailure()) return;
  }
}

TEST_P(EachServer, PartIsCompleteWithItsLastByteIfTheLengthIsKnown) {
  if (!GetParam().has_length) return;
  const std::string stream = GetParam().stream(1);
  const size_t end = stream.find("\xff\xd9") + 2;
  for (const uint32_t check_every : {1u, 2u}) {
    PartReader reader(check_every, check_every - 1);
    Told told;
    give(reader, std::string_view(stream).substr(0, end - 1), 64, told);
    EXPECT_EQ(told.parts.size(), 0u);
    give(reader, std::string_view(stream).substr(end - 1, 1), 64, told);
    EXPECT_EQ(told.parts.size(), 1u);
  }
}

TEST_P(EachServer, FindsAPictureThatIsNotAJpeg) {
  for (const char* marker : {"\xff\xd8", "\xff\xd9"}) {
    std::string stream = GetParam().stream(kParts);
    stream[stream.find(marker) + 1] = 'x';
    const Told told = tell(stream, 1);
    EXPECT_EQ(told.torn, 1u);
    EXPECT_EQ(told.parts.size(), kParts - 1);
  }
}

INSTANTIATE_TEST_SUITE_P(
    PartReader, EachServer,
    ::testing::Values(Server{"fanlight", fanlight_stream, true, true, 1'700'000'000'000'001},
                      Server{"seed", seed_stream, false, false, std::nullopt},
                      Server{"ustreamer", ustreamer_stream, true, false, 1'700'000'000'000'001},
                      Server{"mjpg_streamer", mjpg_streamer_stream, true, false, 4'711'000'001},
                      Server{"odd_camera", odd_camera_stream, true, false, std::nullopt}),
    [](const auto& test) { return test.param.name; });

// A stream of parts whose second one states a length that is off by `error` bytes.
std::string stream_with_wrong_length(int error) {
  std::string out = fanlight_stream(1);
  for (size_t i = 2; i <= kParts; ++i) {
    const std::string jpeg = sample_jpeg(i);
    const size_t length = jpeg.size() + static_cast<size_t>(i == 2 ? error : 0);
    out += fanlight_head(length, i) + jpeg + "\r\n--boundarydonotcross\r\n";
  }
  return out;
}

TEST(PartReader, FindsEveryWrongLengthAndContinues) {
  const std::string next = "\r\n--boundarydonotcross\r\n" + fanlight_head(100, 3);
  for (int error = -30; error <= static_cast<int>(next.size()); ++error) {
    if (error == 0) continue;
    for (const uint32_t check_every : {1u, 100u}) {
      SCOPED_TRACE(fmt::format("{} bytes, one of {} looked at", error, check_every));
      const Told told = tell(stream_with_wrong_length(error), check_every);
      EXPECT_GE(told.torn, 1u);
      // The part after the damage may be lost with it; the last one is whole.
      ASSERT_FALSE(told.parts.empty());
      EXPECT_EQ(told.parts.back().sequence, kParts);
    }
  }
}

TEST(PartReader, FindsAMissingDelimiter) {
  const std::string jpeg = sample_jpeg(1);
  const std::string part = fanlight_head(jpeg.size(), 2) + jpeg;
  const std::string stream = fanlight_stream(1) + part + part + "\r\n--boundarydonotcross\r\n";
  EXPECT_EQ(tell(stream, 1).torn, 1u);
  EXPECT_EQ(tell(stream, 100).torn, 1u);
}

TEST(PartReader, FindsADelimiterWithAWrongEnding) {
  std::string stream = fanlight_stream(3);
  const std::string_view delimiter = "\r\n--boundarydonotcross\r\n";
  const size_t second = stream.find(delimiter, stream.find("X-Sequence: 2"));
  for (const char* ending : {"\r-", "-\n", "\rx", "-x", "xx", "\n\n"}) {
    std::string broken = stream;
    broken.replace(second + delimiter.size() - 2, 2, ending);
    EXPECT_EQ(tell(broken, 1).torn, 1u) << ending;
  }
}

// Bytes that look like the beginning of a delimiter may end where the real one begins.
TEST(PartReader, FindsADelimiterAfterHalfADelimiter) {
  for (const char* end : {"\r", "\r\n", "\r\n--", "\r\n--fram"}) {
    std::string stream = seed_stream(kParts);
    const size_t second = stream.find("\xff\xd9", stream.find("picture 2"));
    stream.replace(second, 2, end);
    for (const size_t read_max : {1u, 64u}) {
      const Told told = tell(stream, 1, read_max);
      EXPECT_EQ(told.torn, 1u) << end;
      EXPECT_EQ(told.parts.size(), kParts - 1) << end;
    }
  }
}

TEST(PartReader, ClosingDelimiterEndsTheStream) {
  for (const uint32_t check_every : {1u, 100u}) {
    for (const char* tail : {"--", "--\r\n"}) {
      std::string stream = fanlight_stream(2);
      stream.replace(stream.size() - 2, 2, tail);
      PartReader reader(check_every, check_every - 1);
      Told told;
      give(reader, stream, 64, told);
      EXPECT_EQ(told.parts.size(), 2u);
      EXPECT_EQ(told.torn, 0u);
    }
  }
  std::string stream = seed_stream(2);
  stream.replace(stream.size() - 2, 2, "--\r\n");
  PartReader reader(1);
  Told told;
  give(reader, stream, 64, told);
  EXPECT_TRUE(reader.is_ended());
}

// A viewer that discards the delimiter takes an empty line after it for the end of the stream, and
// must detect that it was not.
TEST(PartReader, PartAfterTheSupposedEndIsTorn) {
  const Told told = tell(stream_with_wrong_length(-2), 100);
  EXPECT_EQ(told.torn, 1u);
  EXPECT_EQ(told.parts.back().sequence, kParts);
}

PartReader::Head head_of(std::string_view answer) {
  PartReader reader(1);
  Told told;
  give(reader, answer, 7, told);
  EXPECT_EQ(told.heads, 1u);
  EXPECT_EQ(told.parts.size(), 0u);
  return reader.head();
}

TEST(PartReader, DistinguishesAnswersThatAreNotStreams) {
  const auto full = head_of("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\nfull\n");
  EXPECT_EQ(full.status, 503);
  EXPECT_TRUE(full.has_retry_after);
  EXPECT_FALSE(head_of("HTTP/1.1 503 Full\r\n\r\n").has_retry_after);
  const auto page = head_of("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n--x\r\n<html>");
  EXPECT_EQ(page.status, 200);
  EXPECT_FALSE(page.is_multipart);
  EXPECT_FALSE(head_of("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed\r\n\r\n").is_multipart);
  EXPECT_TRUE(head_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_chunked);
  EXPECT_EQ(head_of("SSH-2.0-OpenSSH_9.2\r\n").status, 0);
  EXPECT_EQ(head_of("HTTP/1.1 2x0 OK\r\n").status, 0);
}

TEST(PartReader, SurvivesLinesOfAnyLength) {
  std::string stream = fanlight_stream(kParts);
  const std::string long_line = "X-Long: " + std::string(5000, 'x') + "\r\n";
  stream.insert(stream.find("Content-Type"), long_line);
  stream.insert(stream.find("X-Sequence: 2"), long_line);
  for (const size_t read_max : {1u, 100u, 1u << 20}) {
    const Told told = tell(stream, 1, read_max);
    EXPECT_EQ(told.torn, 0u);
    EXPECT_EQ(told.parts.size(), kParts);
  }
}

TEST(PartReader, LongestBoundaryFits) {
  const std::string boundary(70, 'b');  // RFC 2046 section 5.1.1
  std::string stream = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=\"" +
                       boundary + "\"\r\n\r\n--" + boundary + "\r\n";
  stream += fanlight_head(4, 1) + "\xff\xd8\xff\xd9\r\n--" + boundary + "\r\n";
  EXPECT_EQ(tell(stream, 1, 1).parts.size(), 1u);
}

TEST(PartReader, ChecksOneInSeveralFromTheGivenOffset) {
  PartReader reader(kCheckEvery, 1);
  Told told;
  give(reader, fanlight_stream(kParts), 64, told);
  ASSERT_EQ(told.parts.size(), kParts);
  for (size_t i = 0; i < kParts; ++i) {
    EXPECT_EQ(told.parts[i].was_looked_at, i % kCheckEvery == 1) << i;
  }
}

TEST(PartReaderDeathTest, DiscardingTooMuchAborts) {
  PartReader reader(1);
  EXPECT_DEATH(reader.discard(1), "discardable");
}

}  // namespace
}  // namespace fanlight
