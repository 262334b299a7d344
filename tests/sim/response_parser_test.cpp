// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/response_parser.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/part.h"
#include "tests/core/test_picture.h"

namespace fanlight {
namespace {

const std::string kHead =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: multipart/x-mixed-replace; boundary=boundarydonotcross\r\n"
    "Connection: close\r\n\r\n";
const std::string kFirst = "--boundarydonotcross\r\n";
const std::string kDelimiter(kPartDelimiter);
const std::string kClosing = "\r\n--boundarydonotcross--\r\n";
const std::string kNext(kNextPartHead);

std::string picture(uint64_t sequence, size_t size = 100) {
  std::string bytes(size, '\0');
  write_test_picture(std::as_writable_bytes(std::span(bytes)), sequence);
  return bytes;
}

std::string part_head(uint64_t sequence, size_t size = 100, std::string_view slate = {}) {
  char room[kPartHeadroom];
  const WallTime time{std::chrono::seconds(1'700'000'000 + sequence)};
  const size_t bytes =
      write_part_head(std::span<char, kPartHeadroom>(room), size, time, sequence, slate);
  return {room + kPartHeadroom - bytes, bytes};
}

std::string part(uint64_t sequence) {
  return part_head(sequence) + picture(sequence);
}

// Parsed in one piece and byte by byte, with the same result.
ResponseParser parse(const std::string& bytes, bool ends = false, std::vector<bool> heads = {}) {
  ResponseParser parser(heads);
  parser.feed(bytes);
  ResponseParser slow(heads);
  for (const char byte : bytes) slow.feed({&byte, 1});
  if (ends) {
    parser.end();
    slow.end();
  }
  EXPECT_EQ(parser.violation().empty(), slow.violation().empty()) << slow.violation();
  EXPECT_EQ(parser.stream().frames, slow.stream().frames);
  EXPECT_EQ(parser.responses().size(), slow.responses().size());
  return parser;
}

TEST(ResponseParserTest, ParsesAPlainStream) {
  const auto parser = parse(kHead + kFirst + part(5) + kDelimiter + part(6) + kDelimiter + part(6) +
                                kDelimiter + part(9) + kClosing,
                            true);
  EXPECT_EQ(parser.violation(), "");
  EXPECT_EQ(parser.responses().at(0).status, 200);
  EXPECT_EQ(parser.responses().at(0).version, "HTTP/1.1");
  EXPECT_EQ(parser.responses().at(0).headers.at("connection"), "close");
  EXPECT_TRUE(parser.responses().at(0).complete);
  const ParsedStream& stream = parser.stream();
  EXPECT_EQ(stream.boundary, "boundarydonotcross");
  EXPECT_FALSE(stream.advance);
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(stream.frames, 4u);
  EXPECT_EQ(stream.repeats, 1u);
  EXPECT_EQ(stream.gaps, 2u);
  EXPECT_EQ(stream.bytes, 400u);
  EXPECT_EQ(stream.first_sequence, 5u);
  EXPECT_EQ(stream.last_sequence, 9u);
}

TEST(ResponseParserTest, ParsesAnAdvanceStream) {
  const auto parser = parse(kHead + kFirst + kNext + picture(1) + kDelimiter + kNext + picture(3) +
                                kDelimiter + kNext + picture(4) + kClosing,
                            true);
  EXPECT_EQ(parser.violation(), "");
  EXPECT_TRUE(parser.stream().advance);
  EXPECT_TRUE(parser.stream().closed);
  EXPECT_EQ(parser.stream().frames, 3u);
  EXPECT_EQ(parser.stream().gaps, 1u);
}

TEST(ResponseParserTest, StreamMayEndWithoutAnotherPicture) {
  for (const std::string& body :
       {kFirst + kClosing, kFirst + kNext + kClosing, kFirst + part(1) + kDelimiter + kClosing}) {
    const auto parser = parse(kHead + body, true);
    EXPECT_EQ(parser.violation(), "");
    EXPECT_TRUE(parser.stream().closed);
  }
}

TEST(ResponseParserTest, CountsSlates) {
  const auto parser = parse(kHead + kFirst + part_head(1, 100, "lost") + picture(1) + kDelimiter +
                            part(2) + kDelimiter);
  EXPECT_EQ(parser.violation(), "");
  EXPECT_EQ(parser.stream().slates, 1u);
  EXPECT_EQ(parser.stream().frames, 2u);
}

TEST(ResponseParserTest, ReportsAFrameOnceComplete) {
  std::vector<uint64_t> seen;
  ResponseParser parser;
  parser.set_on_frame([&](uint64_t sequence) { seen.push_back(sequence); });
  parser.feed(kHead + kFirst + part_head(3) + picture(3).substr(0, 99));
  EXPECT_TRUE(seen.empty());
  parser.feed(picture(3).substr(99));
  EXPECT_EQ(seen, (std::vector<uint64_t>{3}));
}

struct Broken {
  const char* name;
  std::string body;  // after kHead + kFirst
  const char* violation;
};

class ResponseParserBrokenTest : public testing::TestWithParam<Broken> {};

TEST_P(ResponseParserBrokenTest, IsDetected) {
  const auto parser = parse(kHead + kFirst + GetParam().body, true);
  EXPECT_NE(parser.violation().find(GetParam().violation), std::string::npos) << parser.violation();
}

std::string torn(uint64_t sequence) {
  std::string bytes = picture(sequence);
  bytes[50] = static_cast<char>(bytes[50] ^ 1);
  return bytes;
}

std::string with_length(std::string head, const std::string& length) {
  head.replace(head.find("100"), 3, length);
  return head;
}

INSTANTIATE_TEST_SUITE_P(
    Sim, ResponseParserBrokenTest,
    testing::Values(
        Broken{"TornPlain", part_head(1) + torn(1) + kDelimiter, "torn"},
        Broken{"TornAdvance", kNext + torn(1) + kDelimiter, "torn"},
        Broken{"MixedPictures", part_head(1) + picture(1).substr(0, 50) + picture(2).substr(50),
               "torn"},
        Broken{"OthersNumber", part_head(1) + picture(2), "another's X-Sequence"},
        Broken{"FallingNumber", part(2) + kDelimiter + part_head(2) + picture(1), "another's"},
        Broken{"FallingPicture", kNext + picture(2) + kDelimiter + kNext + picture(1) + kDelimiter,
               "fell"},
        Broken{"FallingTime", part(2) + kDelimiter + part(1), "went back"},
        Broken{"ChangedRepeat",
               part(1) + kDelimiter + part_head(1, 100, "lost") + picture(1) + kDelimiter,
               "another head"},
        Broken{"LengthTooSmall", with_length(part_head(1), "99") + picture(1), "torn"},
        Broken{"NoDelimiter", part(1) + part(2), "expected"},
        Broken{"OthersDelimiter", part(1) + "\r\n--frame\r\n", "expected"},
        Broken{"MixedForms", part(1) + kDelimiter + kNext + picture(2) + kDelimiter, "mixed"},
        Broken{"NoSequence", "Content-Type: image/jpeg\r\nContent-Length: 100\r\n\r\n" + picture(1),
               "without its fields"},
        Broken{"MoreFields", "X-Odd: 1\r\n" + part(1), "another form"},
        Broken{"EmptyPicture", kNext + kDelimiter, "empty"},
        Broken{"NoClosing", part(1) + kDelimiter, "closing"},
        Broken{"CutPicture", part_head(1) + picture(1).substr(0, 10), "closing"},
        Broken{"AfterTheEnd", part(1) + kClosing + "x", "after the end"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ResponseParserTest, ParsesPipelinedBodiesOfEveryKind) {
  const auto parser = parse(
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
      "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"
      "HTTP/1.1 204 No Content\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
      "HTTP/1.0 404 Not Found\r\n\r\nuntil the end",
      true, {false, true});
  EXPECT_EQ(parser.violation(), "");
  ASSERT_EQ(parser.responses().size(), 7u);
  const int statuses[] = {100, 200, 200, 304, 204, 200, 404};
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(parser.responses()[i].status, statuses[i]);
    EXPECT_TRUE(parser.responses()[i].complete) << i;
  }
  EXPECT_EQ(parser.responses()[1].body, "hello");
  EXPECT_EQ(parser.responses()[2].body, "") << "the answer to a HEAD";
  EXPECT_EQ(parser.responses()[5].body, "abc0123456789");
  EXPECT_EQ(parser.responses()[6].body, "until the end");
}

TEST(ResponseParserTest, DetectsBrokenResponses) {
  const std::pair<const char*, const char*> cases[] = {
      {"HELLO\r\n\r\n", "status line"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", "status line"},
      {"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", "header field"},
      {"HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n", "header field"},
      {"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\n\r\n", "twice"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", "inside a body"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "longer than"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "inside a body"},
      {"HTTP/1.1 200", "inside a response head"},
  };
  for (const auto& [bytes, violation] : cases) {
    EXPECT_NE(parse(bytes, true).violation().find(violation), std::string::npos) << bytes;
  }
}

}  // namespace
}  // namespace fanlight
