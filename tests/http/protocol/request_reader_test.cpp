// SPDX-License-Identifier: Apache-2.0
// How requests and their bodies are taken from a connection's bytes; the head itself is tested in
// request_test.cpp.
#include "http/protocol/request_reader.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace fanlight {
namespace {

using Step = RequestReader::Step;

std::string post(const std::string& path, const std::string& body, const std::string& fields = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string kGet = "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";

// What a connection does with a reader: receives in pieces, and keeps bodies if `keeps`.
struct Receiver {
  Receiver(bool keeps, size_t piece_bytes) : keeps_bodies(keeps), piece(piece_bytes) {}

  // Feeds `bytes`, and notes each request as its path and body.
  void receive(std::string_view bytes) {
    while (!bytes.empty() && refused == 0) {
      const std::span<char> room = reader->room();
      ASSERT_FALSE(room.empty());
      const size_t count = std::min({piece, room.size(), bytes.size()});
      std::copy_n(bytes.data(), count, room.data());
      reader->received(count);
      bytes.remove_prefix(count);
      read();
    }
  }

  void read() {
    for (;;) {
      switch (reader->read()) {
        case Step::receive:
          return;
        case Step::head:
          continues += reader->begin_body(keeps_bodies) ? 1 : 0;
          break;
        case Step::request:
          requests.push_back(std::string(reader->request().path) + " " +
                             std::string(reader->request().body));
          if (!reader->next()) return;
          break;
        case Step::refuse:
          refused = reader->error_status();
          reason = reader->error_reason();
          return;
      }
    }
  }

  bool keeps_bodies;
  size_t piece;
  std::unique_ptr<RequestReader> reader = std::make_unique<RequestReader>();
  std::vector<std::string> requests;
  int continues = 0;
  int refused = 0;
  std::string reason;
};

TEST(RequestReader, TakesPipelinedRequestsInPiecesOfAnySize) {
  const std::string bytes = kGet + post("/a", "body") + kGet;
  for (const bool keeps : {false, true}) {
    for (size_t piece = 1; piece <= bytes.size(); ++piece) {
      Receiver receiver(keeps, piece);
      receiver.receive(bytes);
      const std::string kept = keeps ? "body" : "";
      EXPECT_EQ(receiver.requests, (std::vector<std::string>{"/b ", "/a " + kept, "/b "})) << piece;
      EXPECT_EQ(receiver.refused, 0);
    }
  }
}

TEST(RequestReader, DiscardsABodyThatIsLongerThanTheBuffer) {
  const std::string longest(RequestReader::kBodyBytesMax, 'x');
  Receiver receiver(false, 1000);
  receiver.receive(post("/a", longest) + kGet);
  EXPECT_EQ(receiver.requests, (std::vector<std::string>{"/a ", "/b "}));
}

TEST(RequestReader, RefusesALongerBody) {
  Receiver receiver(false, 1000);
  receiver.receive(post("/a", std::string(RequestReader::kBodyBytesMax + 1, 'x')));
  EXPECT_EQ(receiver.refused, 413);
  EXPECT_EQ(receiver.reason, "the request body is too long");
}

TEST(RequestReader, KeepsABodyThatFillsTheBufferAndRefusesOneByteMore) {
  const size_t head = post("/a", std::string(8'000, 'x')).size() - 8'000;
  const size_t most = RequestReader::kInputSize - head;
  Receiver fits(true, 1000);
  fits.receive(post("/a", std::string(most, 'x')));
  EXPECT_EQ(fits.requests, std::vector<std::string>{"/a " + std::string(most, 'x')});
  Receiver exceeds(true, 1000);
  exceeds.receive(post("/a", std::string(most + 1, 'x')));
  EXPECT_EQ(exceeds.refused, 413);
  EXPECT_EQ(exceeds.reason, "the head leaves no room for a body");
}

std::string chunked(const std::string& path, const std::string& coding) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + coding;
}

TEST(RequestReader, TakesChunkedBodiesInPiecesOfAnySize) {
  Receiver wrong(true, 1000);
  wrong.receive(chunked("/a", "4\r\nbody and more\r\n0\r\n\r\n"));
  EXPECT_EQ(wrong.refused, 400);
  EXPECT_EQ(wrong.reason, "malformed chunk");
  const std::string good = kGet +
                           chunked("/a", "4\r\nbody\r\n7;x=y\r\n/b HTTP\r\n0\r\nX: a\r\n\r\n") +
                           post("/c", "d") + chunked("/e", "0\r\n\r\n") + kGet;
  for (const bool keeps : {false, true}) {
    for (size_t piece = 1; piece <= good.size(); ++piece) {
      Receiver receiver(keeps, piece);
      receiver.receive(good);
      const std::string kept = keeps ? "body/b HTTP" : "";
      EXPECT_EQ(receiver.requests, (std::vector<std::string>{"/b ", "/a " + kept,
                                                             keeps ? "/c d" : "/c ", "/e ", "/b "}))
          << piece;
      EXPECT_EQ(receiver.refused, 0);
    }
  }
}

TEST(RequestReader, AChunkedBodyHasTheLimitOfAnyOther) {
  std::string longest;
  for (int chunk = 0; chunk < 64; ++chunk) {
    longest += "400\r\n" + std::string(1024, 'x') + "\r\n";
  }
  Receiver fits(false, 1000);
  fits.receive(chunked("/a", longest + "0\r\n\r\n") + kGet);
  EXPECT_EQ(fits.requests, (std::vector<std::string>{"/a ", "/b "}));
  Receiver exceeds(false, 1000);
  exceeds.receive(chunked("/a", longest + "1\r\nx\r\n0\r\n\r\n"));
  EXPECT_EQ(exceeds.refused, 413);
  EXPECT_EQ(exceeds.reason, "the request body is too long");
  Receiver framing(false, 1000);
  framing.receive(chunked("/a", "1;" + std::string(ChunkedReader::kFramingBytesMax, 'a')));
  EXPECT_EQ(framing.refused, 413);
  EXPECT_EQ(framing.reason, "the chunks of the request body are too long");
}

TEST(RequestReader, KeepsAChunkedBodyThatFillsTheBufferAndRefusesOneByteMore) {
  const size_t head = chunked("/a", "").size();
  const size_t most = RequestReader::kInputSize - head - 7;  // the last chunk is received behind it
  const auto body = [](size_t size) {
    return fmt::format("{:x}\r\n", size) + std::string(size, 'x') + "\r\n0\r\n\r\n";
  };
  Receiver fits(true, 1000);
  fits.receive(chunked("/a", body(most)));
  EXPECT_EQ(fits.requests, std::vector<std::string>{"/a " + std::string(most, 'x')});
  Receiver exceeds(true, 1000);
  exceeds.receive(chunked("/a", body(RequestReader::kInputSize - head)));
  EXPECT_EQ(exceeds.refused, 413);
  EXPECT_EQ(exceeds.reason, "the head leaves no room for a body");
}

TEST(RequestReader, TheLimitOfAChunkedBodyIsThatOfEachRequest) {
  const std::string half = fmt::format("{:x}\r\n", RequestReader::kBodyBytesMax) +
                           std::string(RequestReader::kBodyBytesMax, 'x') + "\r\n0\r\n\r\n";
  Receiver receiver(false, 1000);
  receiver.receive(chunked("/a", half) + chunked("/b", half) + kGet);
  EXPECT_EQ(receiver.requests, (std::vector<std::string>{"/a ", "/b ", "/b "}));
}

TEST(RequestReader, RefusesAHeadThatFillsTheBuffer) {
  Receiver line(false, 1000);
  line.receive("GET /" + std::string(RequestReader::kInputSize, 'x'));
  EXPECT_EQ(line.refused, 414);
  EXPECT_EQ(line.reason, "the request line is too long");
  Receiver fields(false, 1000);
  fields.receive("GET / HTTP/1.1\r\nX: " + std::string(RequestReader::kInputSize, 'x'));
  EXPECT_EQ(fields.refused, 431);
  EXPECT_EQ(fields.reason, "the request head is too long");
}

TEST(RequestReader, PassesOnTheParsersRefusal) {
  Receiver receiver(false, 1000);
  receiver.receive("GET / HTTP/3.0\r\n\r\n");
  EXPECT_EQ(receiver.refused, 505);
  EXPECT_EQ(receiver.reason, "only HTTP/1.0 and HTTP/1.1 are supported");
}

TEST(RequestReader, AClientWaitsForContinueUnlessItsBodyHasBegun) {
  const std::string fields = "Expect: 100-continue\r\n";
  const std::string whole = post("/a", "body", fields);
  Receiver waits(true, whole.size() - 4);
  waits.receive(whole);
  EXPECT_EQ(waits.continues, 1);
  EXPECT_EQ(waits.requests, std::vector<std::string>{"/a body"});
  Receiver begins(true, whole.size() - 3);
  begins.receive(whole);
  EXPECT_EQ(begins.continues, 0);
  Receiver empty(true, 1000);
  empty.receive(post("/a", "", fields));
  EXPECT_EQ(empty.continues, 0);
  const std::string head =
      "POST /a HTTP/1.1\r\nHost: a\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n";
  Receiver chunks(true, head.size());
  chunks.receive(head + "1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(chunks.continues, 1);
  EXPECT_EQ(chunks.requests, std::vector<std::string>{"/a x"});
}

// 100 would invite a body that is refused, and HTTP/1.0 has no such answer (RFC 9110 10.1.1).
TEST(RequestReader, NoContinueForABodyThatIsRefusedNorForHttp10) {
  const auto head = [](const char* version, size_t length) {
    return fmt::format(
        "POST /a HTTP/{}\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", version,
        length);
  };
  const auto continues = [](const std::string& text) {
    Receiver receiver(false, text.size());
    receiver.receive(text);
    return receiver.continues;
  };
  EXPECT_EQ(continues(head("1.1", RequestReader::kBodyBytesMax)), 1);
  EXPECT_EQ(continues(head("1.1", RequestReader::kBodyBytesMax + 1)), 0);
  EXPECT_EQ(continues(head("1.1", 1)), 1);
  EXPECT_EQ(continues(head("1.0", 1)), 0);
}

TEST(RequestReader, GivesWhatFollowsARequest) {
  RequestReader reader;
  const std::string bytes = kGet + "\x81\x05hello";
  std::copy(bytes.begin(), bytes.end(), reader.room().begin());
  reader.received(bytes.size());
  ASSERT_EQ(reader.read(), Step::head);
  EXPECT_FALSE(reader.begin_body(false));
  ASSERT_EQ(reader.read(), Step::request);
  EXPECT_EQ(reader.rest(), "\x81\x05hello");
}

TEST(RequestReader, SaysWhetherBytesOfANextRequestAreThere) {
  for (const std::string_view behind : {"", "G"}) {
    RequestReader reader;
    const std::string bytes = kGet + std::string(behind);
    std::copy(bytes.begin(), bytes.end(), reader.room().begin());
    reader.received(bytes.size());
    ASSERT_EQ(reader.read(), Step::head);
    reader.begin_body(false);
    ASSERT_EQ(reader.read(), Step::request);
    EXPECT_EQ(reader.next(), !behind.empty());
  }
}

// The bytes of the next request would be taken for the rest of this one.
TEST(RequestReaderDeathTest, ARequestIsLeftOnlyOnce) {
  RequestReader reader;
  const std::string bytes = kGet + kGet;
  std::copy(bytes.begin(), bytes.end(), reader.room().begin());
  reader.received(bytes.size());
  ASSERT_EQ(reader.read(), Step::head);
  reader.begin_body(false);
  ASSERT_EQ(reader.read(), Step::request);
  EXPECT_TRUE(reader.next());
  EXPECT_DEATH(reader.next(), "body_is_read_");
}

}  // namespace
}  // namespace fanlight
