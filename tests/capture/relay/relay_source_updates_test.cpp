// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <semaphore>

#include "capture/relay/relay_chain.h"
#include "capture/relay/relay_source.h"
#include "tests/capture/relay/test_relay.h"
#include "tests/capture/relay/test_updates.h"

namespace fanlight {
namespace {

class RelaySourceUpdatesTest : public RelaySourceTest, protected TestUpdates {
 protected:
  RelaySource open_updates(const std::string& url) {
    SourceOptions options;
    options.upstream.segments = true;
    return open(url, options);
  }
  // Accepts the WebSocket, and sends this.
  static void accept(Peer& peer, const std::string& frames, std::string_view fields = "") {
    peer.write(upgrade_answer(peer.read_head(), fields) + frames);
  }
  static std::string_view jpeg_of(const std::optional<Picture>& picture) {
    if (!picture) return "no picture";
    return {reinterpret_cast<const char*>(picture->jpeg.data()), picture->jpeg.size()};
  }
  // What is logged while a source takes a picture of a server with these scripts, and its URL.
  std::string log_of(std::vector<ScriptedServer::Script> scripts,
                     std::string_view path = "/stream") {
    ScriptedServer server(std::move(scripts));
    testing::internal::CaptureStderr();
    {
      RelaySource source = open_updates(server.url(path));
      EXPECT_EQ(text_of(next(source)->jpeg), jpeg(1));
    }
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(RelaySourceUpdatesTest, JoinsPictures) {
  Signal taken[3];
  std::string head;
  ScriptedServer server({[&](Peer& peer) {
    head = peer.read_head();
    peer.write(upgrade_answer(head) + whole_frame(1));
    taken[0].wait();
    peer.write_byte_by_byte(empty_update_frame(1, 2));
    taken[1].wait();
    peer.write(update_frame(2, 5, false));
    taken[2].wait();
    peer.write(update_frame(5, 6));
    peer.wait_until_closed();
  }});
  RelaySource source = open_updates(server.url("/cameras/front/stream"));
  EXPECT_TRUE(head.starts_with("GET /cameras/front/ws?segments=1 HTTP/1.1\r\n")) << head;
  EXPECT_EQ(source.format().width, 320);
  auto picture = next(source);
  EXPECT_TRUE(jpeg_of(picture) == one.index.jpeg);
  EXPECT_EQ(picture->captured_wall, WallTime(1'700'000'000'000'001us));
  EXPECT_TRUE(picture->is_verbatim);
  EXPECT_FALSE(picture->is_joined) << "it may never send updates";
  EXPECT_FALSE(picture->is_repeat);
  EXPECT_EQ(source.describe().format, "changed segments of 320x64, passed through");
  EXPECT_FALSE(source.may_be_silent());
  taken[0].set();
  picture = next(source);
  EXPECT_TRUE(picture->is_repeat) << "a sign of life";
  EXPECT_TRUE(jpeg_of(picture) == one.index.jpeg);
  taken[1].set();
  picture = next(source);
  EXPECT_FALSE(picture->is_repeat);
  EXPECT_TRUE(picture->is_joined);
  EXPECT_EQ(picture->captured_wall, WallTime(1'700'000'000'000'005us));
  EXPECT_EQ(decode(picture->jpeg).width, 320);
  EXPECT_FALSE(jpeg_of(picture) == two.index.jpeg);
  taken[2].set();
  EXPECT_TRUE(jpeg_of(next(source)) == two.index.jpeg) << "byte for byte";
}

// An empty update must not replace a picture that has not been shown.
TEST_F(RelaySourceUpdatesTest, NewestPictureWins) {
  ScriptedServer server({[&](Peer& peer) {
    accept(peer, whole_frame(1) + update_frame(1, 2) + empty_update_frame(2, 3));
  }});
  RelaySource source = open_updates(server.url("/stream"));
  std::optional<Picture> picture;
  do picture = next(source);
  while (picture && jpeg_of(picture) != two.index.jpeg);
  ASSERT_TRUE(picture);
  EXPECT_FALSE(picture->is_repeat);
}

// When the scene calms down, nothing comes before the next sign of life. The limit is twice the
// interval, so an empty update after 2.2 s is not too late.
TEST_F(RelaySourceUpdatesTest, TheIntervalIsThatOfSignsOfLifeHoweverQuickUpdatesAre) {
  constexpr uint64_t kUpdates = 10;
  std::counting_semaphore<> taken{0};
  ScriptedServer server({[&](Peer& peer) {
    accept(peer, whole_frame(1));
    for (uint64_t i = 1; i <= kUpdates; ++i) {
      taken.acquire();
      peer.write(i % 2 == 1 ? update_frame(i, i + 1) : empty_update_frame(i, i + 1));
    }
    peer.wait_until_closed();
  }});
  RelaySource source = open_updates(server.url("/stream"));
  EXPECT_TRUE(next(source));
  for (uint64_t i = 1; i <= kUpdates; ++i) {
    taken.release();
    ASSERT_TRUE(next(source));
    EXPECT_GE(source.format().interval, 2s) << i;
  }
}

TEST_F(RelaySourceUpdatesTest, PassesOnSlates) {
  ScriptedServer server({[&](Peer& peer) {
    accept(peer, whole_frame(1, R"(,"slate":"camera lost")"));
    peer.wait_until_closed();
  }});
  RelaySource source = open_updates(server.url("/stream"));
  EXPECT_EQ(next(source)->slate_reason, "camera lost");
}

TEST_F(RelaySourceUpdatesTest, AnswersPingsAndTheClose) {
  std::string pong, close;
  ScriptedServer server({[&](Peer& peer) {
    accept(peer, whole_frame(1) + server_frame(WebSocketOpcode::ping, "hello"));
    pong = peer.read(11);
    peer.write(server_frame(WebSocketOpcode::close, "\x03\xe9"));
    close = peer.read(8);
  }});
  RelaySource source = open_updates(server.url("/stream"));
  EXPECT_TRUE(next(source));
  try {
    while (next(source)) {
    }
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ECONNRESET);
    EXPECT_NE(std::string(error.what()).find("the stream ended"), std::string::npos);
  }
  server.finish();
  ASSERT_EQ(pong.size(), 11u);
  EXPECT_EQ(unmasked(pong), "hello");
  ASSERT_EQ(close.size(), 8u);
  EXPECT_EQ(close[0], '\x88');
  EXPECT_EQ(unmasked(close), "\x03\xe9");
}

TEST_F(RelaySourceUpdatesTest, ConnectsAgainAfterDamage) {
  Signal taken;
  ScriptedServer server({[&](Peer& peer) {
                           accept(peer, whole_frame(1));
                           taken.wait();
                           peer.write(update_frame(7, 8));
                           peer.wait_until_closed();
                         },
                         [&](Peer& peer) {
                           accept(peer, whole_frame(9) + update_frame(9, 10));
                           peer.wait_until_closed();
                         }});
  RelaySource source = open_updates(server.url("/stream"));
  EXPECT_TRUE(jpeg_of(next(source)) == one.index.jpeg);
  EXPECT_EQ(source.losses().damaged, 0u);
  testing::internal::CaptureStderr();
  taken.set();
  std::optional<Picture> picture;
  do {
    picture = next(source);
    ASSERT_TRUE(picture);
    EXPECT_TRUE(jpeg_of(picture) == one.index.jpeg || jpeg_of(picture) == two.index.jpeg);
  } while (jpeg_of(picture) != two.index.jpeg);
  EXPECT_EQ(source.losses().damaged, 1u);
  EXPECT_NE(testing::internal::GetCapturedStderr().find(
                "damaged: an update of a frame that is not the last one; connecting again"),
            std::string::npos);
}

// The same pictures as without the option, and one line.
TEST_F(RelaySourceUpdatesTest, PullsWholeFramesWhereThereAreNoUpdates) {
  const auto streams = says(kStream + part(jpeg(1)) + "--B\r\n");
  const std::string line = "sends no updates; pulling whole frames (";
  for (const auto& [answer, reason] :
       {std::pair{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                  "it answers with status 404"},
        {"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\n\r\ntext",
         "it answers with status 426"},
        {"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n", "it answers with status 501"},
        {"HTTP/1.0 200 OK\r\n\r\n--B\r\n", "it answers with status 200"},
        {"", "it does not understand the request"},
        {"--B\r\n", "it does not understand the request"},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it does not understand the request"}}) {
    std::vector<ScriptedServer::Script> scripts{says_and_ends(answer), streams};
    const bool hangs_up = std::string_view(reason).starts_with("it does not");
    if (hangs_up) scripts.insert(scripts.begin(), says_and_ends(answer));
    const std::string log = log_of(scripts);
    const size_t at = log.find(line + reason);
    EXPECT_NE(at, log.npos) << answer << log;
    EXPECT_EQ(log.find(line, at + 1), log.npos) << "one line: " << log;
  }
  EXPECT_NE(
      log_of({streams}, "/mjpeg.cgi").find(line + "this is not the URL of a Fanlight's stream"),
      std::string::npos);
}

// A server that is being restarted hangs up, and a proxy in front of it answers in its place.
TEST_F(RelaySourceUpdatesTest, AHangUpIsNoRefusal) {
  for (const std::string answer : {"", "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    ScriptedServer server({says_and_ends(answer), [&](Peer& peer) {
                             accept(peer, whole_frame(1));
                             peer.wait_until_closed();
                           }});
    testing::internal::CaptureStderr();
    RelaySource source = open_updates(server.url("/stream"));
    EXPECT_TRUE(jpeg_of(next(source)) == one.index.jpeg);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_TRUE(source.describe().format.starts_with("changed segments of"));
  }
}

TEST_F(RelaySourceUpdatesTest, WholeFramesOnlyAreGoodEnough) {
  std::string frames;
  for (uint64_t i = 1; i <= 10; ++i) frames += message_frame(i) + binary_frame(jpeg(i));
  ScriptedServer server({[&](Peer& peer) { accept(peer, frames + frames); }});
  testing::internal::CaptureStderr();
  RelaySource source = open_updates(server.url("/stream"));
  EXPECT_EQ(numbers(source).back(), 10u);
  const std::string log = testing::internal::GetCapturedStderr();
  const size_t at = log.find("has sent no updates so far: ");
  EXPECT_NE(at, log.npos) << log;
  EXPECT_EQ(log.find("no updates", at + 20), log.npos) << "one line: " << log;
  EXPECT_EQ(log.find("pulling whole frames"), log.npos) << "nothing was switched: " << log;
}

// As with a stream.
TEST_F(RelaySourceUpdatesTest, ErrorsOfTheUpstreamArePassedOn) {
  const auto error_of_answer = [&](const std::string& answer) {
    ScriptedServer server({[&](Peer& peer) {
      peer.read_head();
      peer.write(answer);
    }});
    try {
      open_updates(server.url("/stream"));
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  EXPECT_EQ(error_of_answer("HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n"), EAGAIN);
  for (const int status : {429, 500, 502, 504}) {
    EXPECT_EQ(error_of_answer(fmt::format("HTTP/1.1 {} So\r\nContent-Length: 0\r\n\r\n", status)),
              EPROTO);
  }
  EXPECT_EQ(error_of_answer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"), EACCES);
}

TEST_F(RelaySourceUpdatesTest, ALoopIsRefused) {
  std::string url;
  ScriptedServer server({[&](Peer& peer) {
    accept(peer, whole_frame(1), fmt::format("Via: 1.1 {}\r\n", relay_pseudonym(url)));
    peer.wait_until_closed();
  }});
  url = server.url("/stream");
  try {
    open_updates(url);
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ELOOP);
  }
}

}  // namespace
}  // namespace fanlight
