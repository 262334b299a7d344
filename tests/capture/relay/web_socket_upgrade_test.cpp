// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/web_socket_upgrade.h"

#include <cerrno>

#include "core/web_socket/client_frame.h"
#include "tests/capture/relay/test_fetch.h"
#include "tests/capture/relay/test_web_socket.h"

namespace fanlight {
namespace {

class WebSocketUpgradeTest : public HttpFetchTest {
 protected:
  // Opens a WebSocket, and receives what the server sends until it hangs up.
  Fetched open(const std::string& url, const std::string& socket_url) {
    Fetched fetched;
    HttpFetch fetch(url, clock_, 20s, [&](std::string_view bytes) { fetched.body += bytes; });
    fetch.open_web_socket(socket_url);
    finish(fetch, fetched);
    return fetched;
  }
  Fetched open(const ScriptedServer& server, std::string_view user = "") {
    return open(server.url("/", user), server.url("/ws?segments=1", user));
  }
};

TEST_F(WebSocketUpgradeTest, AsksAndReceivesEverythingBehindTheHead) {
  ScriptedServer server({[&](Peer& peer) {
    requests_.push_back(peer.read_head());
    peer.write(upgrade_answer(requests_[0], "Via: 1.1 a\r\n") + "at once,");
    peer.write_byte_by_byte(" byte by byte,");
    peer.write(std::string(200'000, 'x'));
  }});
  const Fetched fetched = open(server);
  EXPECT_EQ(fetched.answer.status, 101);
  EXPECT_EQ(fetched.answer.via, "1.1 a");
  EXPECT_EQ(fetched.error, 0) << fetched.words;
  EXPECT_TRUE(fetched.body == "at once, byte by byte," + std::string(200'000, 'x'));
  server.finish();
  const std::string& head = requests_[0];
  EXPECT_TRUE(head.starts_with("GET /ws?segments=1 HTTP/1.1\r\n")) << head;
  EXPECT_EQ(field_in(head, "Upgrade"), "websocket");
  EXPECT_EQ(field_in(head, "Connection"), "Upgrade");
  EXPECT_EQ(field_in(head, "Sec-WebSocket-Version"), "13");
  EXPECT_EQ(field_in(head, "Sec-WebSocket-Key").size(), 24u);
  EXPECT_EQ(field_in(head, "Transfer-Encoding"), "");
  EXPECT_EQ(field_in(head, "Expect"), "");
}

TEST_F(WebSocketUpgradeTest, SendsFramesAsTheyAre) {
  std::string received;
  ScriptedServer server({[&](Peer& peer) {
    peer.write(upgrade_answer(peer.read_head()) + "go");
    received = peer.read(8) + " ";
    peer.write("on");
    received += peer.read(9);
  }});
  Fetched fetched;
  HttpFetch fetch(server.url(), clock_, 20s, [&](std::string_view bytes) {
    fetched.body += bytes;
    fetch.send(make_client_frame(WebSocketOpcode::pong, fetched.body == "go" ? "go" : "on!"));
  });
  fetch.open_web_socket(server.url("/ws"));
  finish(fetch, fetched);
  EXPECT_EQ(fetched.body, "goon");
  server.finish();
  ASSERT_EQ(received.size(), 18u);
  EXPECT_EQ(unmasked(received.substr(0, 8)), "go");
  EXPECT_EQ(unmasked(received.substr(9)), "on!");
}

TEST_F(WebSocketUpgradeTest, DropsWhatIsNotTaken) {
  WebSocketUpgrade upgrade;
  upgrade.send(std::string(WebSocketUpgrade::kWaitingMax + 1, 'x'));
  EXPECT_FALSE(upgrade.has_waiting());
  upgrade.send("x");
  EXPECT_TRUE(upgrade.has_waiting());
}

// Its body is not received: it may be an endless stream.
TEST_F(WebSocketUpgradeTest, ARefusalEndsWithItsHead) {
  for (const std::string answer :
       {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", "HTTP/1.0 200 OK\r\n\r\n--B\r\n",
        "HTTP/1.1 426 Upgrade Required\r\n\r\n", "HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    ScriptedServer server({[&](Peer& peer) {
      peer.read_head();
      peer.write(answer);
      peer.wait_until_closed();
    }});
    const Fetched fetched = open(server);
    EXPECT_EQ(fetched.error, 0) << fetched.words;
    EXPECT_EQ(std::to_string(fetched.answer.status), answer.substr(9, 3));
    EXPECT_EQ(fetched.body, "");
  }
}

TEST_F(WebSocketUpgradeTest, AnotherKeyIsAnError) {
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(upgrade_answer("\r\nSec-WebSocket-Key: b3RoZXJvdGhlcm90aGVyMQ==\r\n"));
    peer.wait_until_closed();
  }});
  EXPECT_EQ(open(server).error, EPROTO);
}

TEST_F(WebSocketUpgradeTest, FollowsRedirects) {
  for (const std::string_view fields : {"", "Connection: close\r\n"}) {
    requests_.clear();
    ScriptedServer server({says(fmt::format("HTTP/1.1 302 Found\r\nLocation: /other/ws\r\n{}"
                                            "Content-Length: 0\r\n\r\n",
                                            fields)),
                           [&](Peer& peer) {
                             requests_.push_back(peer.read_head());
                             peer.write(upgrade_answer(requests_[1]) + "here");
                           }});
    EXPECT_EQ(open(server).body, "here");
    server.finish();
    ASSERT_EQ(requests_.size(), 2u);
    EXPECT_TRUE(requests_[1].starts_with("GET /other/ws HTTP/1.1\r\n")) << requests_[1];
  }
}

TEST_F(WebSocketUpgradeTest, SendsThePasswordWhenAsked) {
  for (const std::string_view challenge :
       {"Basic realm=x", "Digest realm=x, nonce=1, algorithm=MD5", ""}) {
    requests_.clear();
    const std::string fields =
        challenge.empty() ? "" : fmt::format("WWW-Authenticate: {}\r\n", challenge);
    ScriptedServer server(
        {says(http_answer("401 Unauthorized", fields + "Connection: close\r\n", "no")),
         [&](Peer& peer) {
           requests_.push_back(peer.read_head());
           peer.write(upgrade_answer(requests_[1]) + "here");
         }});
    const Fetched fetched = open(server, "user:secret");
    EXPECT_EQ(fetched.body, "here") << challenge << fetched.words;
    server.finish();
    ASSERT_EQ(requests_.size(), 2u);
    EXPECT_EQ(field_in(requests_[1], "Authorization").substr(0, 5),
              challenge.empty() ? "Basic" : challenge.substr(0, 5));
  }
}

TEST_F(WebSocketUpgradeTest, TheNextRequestIsAnOrdinaryOne) {
  ScriptedServer server({says("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"),
                         says(http_answer("200 OK", "", "picture"))});
  Fetched fetched;
  HttpFetch fetch(server.url("/stream"), clock_, 20s,
                  [&](std::string_view bytes) { fetched.body += bytes; });
  fetch.open_web_socket(server.url("/ws"));
  finish(fetch, fetched);
  EXPECT_EQ(fetch.answer().status, 404);
  fetch.start();
  finish(fetch, fetched);
  server.finish();
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_EQ(fetched.body, "picture");
  EXPECT_TRUE(requests_[1].starts_with("GET /stream HTTP/1.1\r\n")) << requests_[1];
  EXPECT_EQ(field_in(requests_[1], "Upgrade"), "");
  EXPECT_EQ(field_in(requests_[1], "Transfer-Encoding"), "");
}

TEST_F(WebSocketUpgradeTest, ABrokenConnectionIsAnError) {
  ScriptedServer server({[&](Peer& peer) {
    peer.write(upgrade_answer(peer.read_head()) + "x");
    peer.reset();
  }});
  const Fetched fetched = open(server);
  EXPECT_EQ(fetched.error, ECONNRESET) << fetched.words;
}

TEST_F(WebSocketUpgradeTest, ASilentHangupIsAnError) {
  const ScriptedServer::Script hangs_up = [](Peer& peer) { peer.read_head(); };
  const auto redirects =
      says("HTTP/1.1 302 Found\r\nLocation: /other/ws\r\nContent-Length: 0\r\n\r\n");
  const auto asks = says(http_answer("401 Unauthorized", "WWW-Authenticate: Basic\r\n", "no"));
  const std::vector<std::vector<ScriptedServer::Script>> all{
      {hangs_up}, {redirects, hangs_up}, {asks, hangs_up}};
  for (const auto& scripts : all) {
    ScriptedServer server(scripts);
    const Fetched fetched = open(server, "user:secret");
    EXPECT_EQ(fetched.error, ECONNRESET) << fetched.words;
    EXPECT_NE(fetched.words.find("hung up without a response"), std::string::npos) << fetched.words;
  }
}

}  // namespace
}  // namespace fanlight
