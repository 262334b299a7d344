// SPDX-License-Identifier: Apache-2.0
// RelaySource and servers whose answers do not match their declared type.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/capture/relay/test_relay.h"

namespace fanlight {
namespace {

const std::string kParts = part(jpeg(1)) + part(jpeg(2)) + "--B\r\n";

std::string head(std::string_view fields, std::string_view status = "200 OK") {
  return fmt::format("HTTP/1.1 {}\r\n{}\r\n", status, fields);
}

TEST_F(RelaySourceTest, RecognizesAStreamWhateverItsType) {
  for (const char* type :
       {"", "Content-Type: application/octet-stream\r\n", "Content-Type: text/html\r\n",
        "Content-Type: image/jpeg\r\n", "Content-Type: multipart/mixed\r\n"}) {
    for (const char* before : {"", "\r\n"}) {
      SCOPED_TRACE(fmt::format("{} {}", type, before));
      ScriptedServer server({says_and_ends(head(type) + before + kParts)});
      RelaySource source = open(server.url());
      EXPECT_EQ(source.describe().format, "MJPEG stream 64x48, passed through");
      EXPECT_EQ(numbers(source).back(), 2u);
    }
  }
}

TEST_F(RelaySourceTest, AcceptsAStreamWithoutAHead) {
  ScriptedServer server({says_and_ends(kParts)});
  RelaySource source = open(server.url());
  EXPECT_EQ(numbers(source).back(), 2u);
  EXPECT_EQ(error_of("SSH-2.0-OpenSSH\r\n"), EPROTO);
  EXPECT_NE(words_.find("not a web server; it says 'SSH-2.0-OpenSSH'"), words_.npos) << words_;
}

TEST_F(RelaySourceTest, RecognizesASnapshotWhateverItsType) {
  for (const char* type :
       {"", "Content-Type: image/pjpeg\r\n", "Content-Type: image/*\r\n",
        "Content-Type: text/html\r\n", "Content-Type: multipart/x-mixed-replace; boundary=B\r\n"}) {
    for (const bool has_length : {false, true}) {
      SCOPED_TRACE(fmt::format("{} {}", type, has_length));
      const std::string length = fmt::format("Content-Length: {}\r\n", jpeg(1).size());
      const std::string fields = type + (has_length ? length : "Connection: close\r\n");
      Signal taken;
      ScriptedServer server({says_and_ends(head(fields) + jpeg(1)), [&](Peer& peer) {
                               peer.read_head();
                               taken.wait();
                               peer.write(head(fields) + jpeg(2));
                             }});
      SourceOptions options;
      options.fps = 200;
      RelaySource source = open(server.url(), options);
      EXPECT_EQ(source.describe().format, "JPEG every 0.005 s 64x48, passed through");
      EXPECT_EQ(read_number(text_of(next(source)->jpeg)), 1u);
      taken.set();
      EXPECT_EQ(read_number(text_of(next(source)->jpeg)), 2u) << "requested again";
    }
  }
}

TEST_F(RelaySourceTest, AcceptsConcatenatedJpegsAsAStream) {
  Signal taken[2];
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(head("Content-Type: application/octet-stream\r\n") + jpeg(1));
    taken[0].wait();
    peer.write(jpeg(2));
    taken[1].wait();
    peer.write_byte_by_byte(jpeg(3));
  }});
  RelaySource source = open(server.url());
  for (uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(text_of(next(source)->jpeg), jpeg(i));
    if (i <= 2) taken[i - 1].set();
  }
  EXPECT_EQ(source.describe().format, "MJPEG stream 64x48, passed through");
  EXPECT_TRUE(numbers(source).empty()) << "the source has ended";
}

TEST_F(RelaySourceTest, IgnoresAnInvalidStatusOrLength) {
  const std::string type = "Content-Type: multipart/x-mixed-replace; boundary=B\r\n";
  for (const char* length : {"-1", "", "unknown", "12 bytes"}) {
    SCOPED_TRACE(length);
    const std::string answer =
        head(fmt::format("{}Content-Length: {}\r\n", type, length), "206 Partial Content") + kParts;
    ScriptedServer server({says_and_ends(answer), says_and_ends(answer)});
    RelaySource source = open(server.url());
    EXPECT_EQ(numbers(source).back(), 2u);
  }
}

TEST_F(RelaySourceTest, RefusesTextAndQuotesIt) {
  EXPECT_EQ(error_of(head("Content-Type: image/jpeg\r\n") + "Camera is\r\noff\x1b[31m"), EPROTO);
  EXPECT_NE(words_.find("'image/jpeg'"), words_.npos) << words_;
  EXPECT_EQ(words_.find('\x1b'), words_.npos) << words_;
  EXPECT_EQ(error_of(head("") + "<html><h1>Please log in</h1>"), EPROTO);
  EXPECT_NE(words_.find("; it says 'Please log in'"), words_.npos) << words_;
  EXPECT_EQ(error_of(http_answer("500 Oh", "", "<b>out of memory</b>")), EPROTO);
  EXPECT_NE(words_.find("status 500; it says 'out of memory'"), words_.npos) << words_;
  EXPECT_EQ(error_of(http_answer("200 OK", "", "")), EPROTO);
  EXPECT_NE(words_.find("empty"), words_.npos) << words_;
  EXPECT_EQ(error_of(http_answer("200 OK", "", "-")), EPROTO) << "too short to recognize";
}

TEST_F(RelaySourceTest, ShowsATruncatedSnapshotAndRequestsItAgain) {
  const std::string fields = fmt::format("Content-Length: {}\r\n", jpeg(1).size() + 40);
  Signal taken[2];
  ScriptedServer server({says_and_ends(head(fields) + jpeg(1)),
                         [&](Peer& peer) {
                           peer.read_head();
                           taken[0].wait();
                           peer.write(head(fields) + jpeg(2));
                           peer.wait_until_closed();
                         },
                         [&](Peer& peer) {
                           peer.read_head();
                           taken[1].wait();
                           peer.write(head(fields) + jpeg(3));
                           peer.wait_until_closed();
                         }});
  SourceOptions options;
  options.fps = 200;
  RelaySource source = open(server.url(), options);
  for (uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(text_of(next(source)->jpeg), jpeg(i));
    if (i <= 2) taken[i - 1].set();
  }
}

TEST_F(RelaySourceTest, IgnoresDataAfterAJpeg) {
  const std::string answer =
      http_answer("200 OK", "Content-Type: image/jpeg\r\n", jpeg(1) + jpeg(2));
  ScriptedServer server({says_and_ends(answer), says_and_ends(answer)});
  SourceOptions options;
  options.fps = 200;
  RelaySource source = open(server.url(), options);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(read_number(text_of(next(source)->jpeg)), 1u);
}

TEST_F(RelaySourceTest, OnlyAFanlightUpstreamIsNeverSilent) {
  ScriptedServer server({says(kStream + numbered_part(1, 1) + "--B\r\n"),
                         says(kStream + part(jpeg(1)) + "--B\r\n"),
                         says(http_answer("200 OK", "X-Sequence: 7\r\n", jpeg(1))),
                         says(http_answer("200 OK", "", jpeg(1)))});
  for (const bool may_be_silent : {false, true, false, true}) {
    EXPECT_EQ(open(server.url()).may_be_silent(), may_be_silent);
  }
}

// A first picture has another time limit than opening.
TEST_F(RelaySourceTest, SnapshotMayTakeLongerThanOpening) {
  Signal asked;
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(http_answer("200 OK", "", jpeg(1)));
    peer.read_head();
    asked.wait();
    peer.write(http_answer("200 OK", "", jpeg(2)));
  }});
  SourceOptions options;
  options.fps = 200;
  options.patience = 5s;
  RelaySource source = open(server.url(), options, 20s);
  EXPECT_EQ(text_of(next(source)->jpeg), jpeg(1));
  EXPECT_FALSE(source.next(clock_.now() + 50ms)) << "the upstream is silent";
  asked.set();
  EXPECT_EQ(text_of(next(source)->jpeg), jpeg(2));
}

}  // namespace
}  // namespace fanlight
