// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/chunked_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "core/random.h"

namespace fanlight {
namespace {

using Status = ChunkedReader::Status;

// The body, and what ended the decoding: "bad", "more", or the bytes behind the body in brackets.
std::string decoded(std::string_view coding, size_t step = SIZE_MAX) {
  ChunkedReader reader;
  std::string body;
  while (!coding.empty()) {
    std::string piece(coding.substr(0, step));
    const ChunkedReader::Result result = reader.decode(piece);
    EXPECT_LE(result.taken, piece.size());
    EXPECT_LE(result.data, result.taken);
    body += piece.substr(0, result.data);
    coding.remove_prefix(result.taken);
    if (result.status == Status::done) return body + "[" + std::string(coding) + "]";
    if (result.status == Status::bad) return "bad";
    if (result.status == Status::too_long) return "too long";
    EXPECT_EQ(result.taken, piece.size());
  }
  return body + " more";
}

TEST(ChunkedReader, DecodesInPiecesOfAnySizeAndTakesNoByteBehind) {
  const std::string coding =
      "5\r\nhello\r\n0A ; a=\"b c\" \r\n\r\n0\r\n\r\nGET\r\n1;x\r\n!\r\n000\r\nX: "
      "a\r\nY:\r\n\r\nnext";
  const std::string body = "hello\r\n0\r\n\r\nGET!";
  EXPECT_EQ(decoded(coding), body + "[next]");
  for (size_t step = 1; step <= coding.size(); ++step) {
    const std::string rest = decoded(coding, step);
    EXPECT_EQ(rest.substr(0, body.size() + 1), body + "[") << step;
  }
  EXPECT_EQ(decoded("0\r\n\r\n"), "[]");
  EXPECT_EQ(decoded("3\r\nab"), "ab more");
  EXPECT_EQ(decoded("3\r\nabc\r\n0\r\n"), "abc more");
}

TEST(ChunkedReader, RefusesWhatTwoServersCouldReadDifferently) {
  using namespace std::string_view_literals;
  for (const std::string_view wrong : {"\r\n"sv,
                                       "x\r\n"sv,
                                       " 5\r\n"sv,
                                       "5 \r\n"sv,
                                       "5 5\r\n"sv,
                                       "-1\r\n"sv,
                                       "+1\r\n"sv,
                                       "0x1\r\n"sv,
                                       "5\n"sv,
                                       "5\rx"sv,
                                       "5;a\n"sv,
                                       "5;a\rb"sv,
                                       "5;\0\r\n"sv,
                                       "1\r\nab\r\n"sv,
                                       "1\r\na\n"sv,
                                       "1\r\na\rx"sv,
                                       "0\n"sv,
                                       "0\r\n\n"sv,
                                       "0\r\n\rx"sv,
                                       "0\r\nX\r\n"sv,
                                       "0\r\n: a\r\n"sv,
                                       "0\r\nX : a\r\n"sv,
                                       "0\r\n X: a\r\n"sv,
                                       "0\r\nX: a\n"sv,
                                       "0\r\nX: a\rb"sv,
                                       "0\r\nX: \0\r\n"sv,
                                       "0\r\nX: a\r\n b\r\n"sv,
                                       "1000000000001\r\n"sv,
                                       "ffffffffffffffff\r\n"sv,
                                       "10000000000000000\r\n"sv,
                                       "\0\r\n"sv}) {
    EXPECT_EQ(decoded(wrong), "bad") << testing::PrintToString(wrong);
    EXPECT_EQ(decoded(wrong, 1), "bad") << testing::PrintToString(wrong);
  }
  EXPECT_EQ(decoded("1000000000000\r\n"), " more") << "the longest chunk";
}

TEST(ChunkedReader, ASizeIsHexadecimalInEitherCase) {
  const std::string_view lower = "0123456789abcdef", upper = "0123456789ABCDEF";
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const size_t size = std::min(lower.find(c), upper.find(c));
    const std::string data(size < 16 ? size : 0, 'x');
    const std::string coding = "1" + std::string(1, c) + "\r\n" + std::string(16, 'y') + data;
    if (size < 16) {
      EXPECT_EQ(decoded(coding + "\r\n0\r\n\r\n"), std::string(16, 'y') + data + "[]") << value;
    } else if (c != '\r' && c != ';' && c != ' ' && c != '\t') {
      EXPECT_EQ(decoded(coding), "bad") << value;
    }
  }
}

// RFC 9110 section 5.5: anything but control characters; the tab is none.
TEST(ChunkedReader, ExtensionsAndTrailersHoldWhatFieldsMay) {
  for (int value = 0; value < 256; ++value) {
    const std::string c(1, static_cast<char>(value));
    const bool is_allowed = c == "\t" || (value >= 0x20 && value != 0x7f);
    if (c == "\r") continue;
    EXPECT_EQ(decoded("1;" + c + "\r\nx\r\n0\r\n\r\n"), is_allowed ? "x[]" : "bad") << value;
    EXPECT_EQ(decoded("0\r\nX:" + c + "\r\n\r\n"), is_allowed ? "[]" : "bad") << value;
  }
}

TEST(ChunkedReader, WhatIsNotDataHasALimit) {
  const size_t most = ChunkedReader::kFramingBytesMax;
  EXPECT_EQ(decoded("1;" + std::string(most - 2, 'a')), " more");
  EXPECT_EQ(decoded("1;" + std::string(most - 1, 'a')), "too long");
  EXPECT_EQ(decoded("0\r\nX:" + std::string(most, 'a')), "too long");
  EXPECT_EQ(decoded(std::string(most + 1, '0')), "too long");
  const std::string data(most, 'x');
  EXPECT_EQ(decoded("10000\r\n" + data + "\r\n0\r\n\r\n"), data + "[]");
}

// Any bytes: the same body or the same refusal however they are cut.
TEST(ChunkedReader, GarbageIsTakenOrRefusedInTheSameWayHoweverItIsCut) {
  const uint64_t seed = 20261130;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  const std::string_view alphabet = "0123aF\r\n;: \tx\"";
  int bad = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string coding = "3\r\nabc\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n";
    for (uint64_t damage = random.below(3); damage > 0; --damage) {
      coding[random.below(coding.size())] = alphabet[random.below(alphabet.size())];
    }
    const std::string whole = decoded(coding);
    bad += whole == "bad" ? 1 : 0;
    const std::string pieces = decoded(coding, 1 + random.below(9));
    const auto end = std::min(whole.find('['), whole.size());
    EXPECT_EQ(pieces.substr(0, end), whole.substr(0, end)) << testing::PrintToString(coding);
  }
  EXPECT_GT(bad, 1000);
}

}  // namespace
}  // namespace fanlight
