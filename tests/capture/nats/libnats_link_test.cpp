// SPDX-License-Identifier: Apache-2.0
// The real plugin, against a server that speaks NATS's protocol by a script:
// docs.nats.io/reference/reference-protocols/nats-protocol.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <functional>
#include <system_error>

#include "capture/nats/frame_header.h"
#include "capture/nats/nats_plugin.h"
#include "tests/capture/relay/scripted_server.h"

namespace fanlight {
namespace {

using Peer = ScriptedServer::Peer;

const std::string kInfo =
    "INFO {\"server_id\":\"T\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,"
    "\"max_payload\":65536}\r\n";
constexpr int kPatience_ms = 20'000;  // only ends a test that hangs

std::string read_until(Peer& peer, std::string_view end) {
  std::string bytes;
  while (!bytes.ends_with(end)) {
    const std::string byte = peer.read(1);
    if (byte.empty()) return bytes + " (the end)";
    bytes += byte;
  }
  return bytes;
}

// Returns what the client sent.
std::string greet(Peer& peer, const std::string& info = kInfo) {
  peer.write(info);
  const std::string login = read_until(peer, "PING\r\n");
  peer.write("PONG\r\n");
  return login;
}

std::unique_ptr<NatsLink> connect(uint16_t port, const std::string& url = "nats://127.0.0.1") {
  const std::vector<std::string> folders{FANLIGHT_PLUGIN_BUILT};
  NatsLogin login;
  login.address = parse_nats_url(fmt::format("{}:{}/fanlight.yard", url, port));
  login.timeout = std::chrono::milliseconds(kPatience_ms);
  return load_nats_plugin(folders).connect(login);
}

// Waits for the socket, as a camera's thread does.
void step(NatsLink& link) {
  pollfd ready{link.fd(), static_cast<short>(POLLIN | (link.is_sending() ? POLLOUT : 0)), 0};
  ASSERT_EQ(::poll(&ready, 1, kPatience_ms), 1);
  link.step(ready.revents);
}

void send_all(NatsLink& link) {
  while (link.is_sending()) step(link);
}

int error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

int error_of_connect(const std::function<void(Peer&)>& script,
                     const std::string& url = "nats://127.0.0.1") {
  ScriptedServer server({script});
  return error_of([&] { connect(server.port(), url); });
}

TEST(LibnatsLink, LogsInWithAUserOrAToken) {
  std::string user, token;
  ScriptedServer server(
      {[&](Peer& peer) { user = greet(peer); }, [&](Peer& peer) { token = greet(peer); }});
  connect(server.port(), "nats://me:s%40crt@127.0.0.1");
  connect(server.port(), "nats://t0ken@127.0.0.1");
  server.finish();
  EXPECT_NE(user.find("\"user\":\"me\",\"pass\":\"s@crt\""), user.npos) << user;
  EXPECT_NE(user.find("\"echo\":false"), user.npos) << user;
  EXPECT_NE(token.find("\"auth_token\":\"t0ken\""), token.npos) << token;
}

TEST(LibnatsLink, PublishesHeadersAndBytes) {
  std::string sent;
  ScriptedServer server({[&](Peer& peer) {
    greet(peer);
    sent = read_until(peer, "END\r\n");
  }});
  const auto link = connect(server.port());
  EXPECT_EQ(link->payload_max(), 65536u);
  EXPECT_FALSE(link->is_sending());
  const std::string text = "payload END";
  link->publish("fanlight.yard", {{{"X-Size", "11"}}, std::as_bytes(std::span(text))});
  EXPECT_TRUE(link->is_sending());
  send_all(*link);
  server.finish();
  EXPECT_EQ(sent, "HPUB fanlight.yard 24 35\r\nNATS/1.0\r\nX-Size: 11\r\n\r\npayload END\r\n");
}

TEST(LibnatsLink, LimitsSubscriptionsAndRaisesTheLimit) {
  std::string first, raised, second;
  ScriptedServer server({[&](Peer& peer) {
    greet(peer);
    first = read_until(peer, "UNSUB 1 3\r\n");
    peer.write(
        "HMSG fanlight.yard 1 _INBOX.9 29 34\r\nNATS/1.0\r\nX-Size: 5\r\nA: b\r\n\r\nhello\r\n");
    raised = read_until(peer, "UNSUB 1 9\r\n");
    peer.write("MSG fanlight.yard 1 7\r\nforeign\r\n");
    second = read_until(peer, "UNSUB 2 1\r\n");
  }});
  const auto link = connect(server.port());
  EXPECT_FALSE(link->next());
  link->subscribe("fanlight.yard", 3);
  send_all(*link);
  std::optional<NatsMessage> message;
  while (!(message = link->next())) step(*link);
  EXPECT_EQ(message->fields, (NatsFields{{"X-Size", "5"}})) << "only ours";
  EXPECT_EQ(message->payload.size(), 5u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(message->payload.data()), 5), "hello");
  link->extend(9);
  send_all(*link);
  while (!(message = link->next())) step(*link);
  EXPECT_TRUE(message->fields.empty());
  EXPECT_EQ(message->payload.size(), 7u);
  link->subscribe("fanlight.yard", 1);
  send_all(*link);
  server.finish();
  EXPECT_NE(first.find("SUB fanlight.yard  1\r\n"), first.npos) << first;
  EXPECT_NE(second.find("UNSUB 1"), second.npos) << second;
  EXPECT_NE(second.find("SUB fanlight.yard  2\r\n"), second.npos) << second;
}

TEST(LibnatsLink, SubscribesWithoutALimitAndNamesTheSubject) {
  std::string sent;
  ScriptedServer server({[&](Peer& peer) {
    greet(peer);
    read_until(peer, "SUB a.>  1\r\n");
    peer.write("MSG a.b.c 1 0\r\n\r\n");
    sent = read_until(peer, "UNSUB 2 1\r\n");
  }});
  const auto link = connect(server.port());
  link->subscribe("a.>", NatsLink::kNoLimit);
  send_all(*link);
  std::optional<NatsMessage> message;
  while (!(message = link->next())) step(*link);
  EXPECT_EQ(message->subject, "a.b.c");
  link->subscribe("b", 1);
  send_all(*link);
  server.finish();
  EXPECT_EQ(sent.find("UNSUB 1 1"), sent.npos) << "no limit: " << sent;
  EXPECT_NE(sent.find("SUB b  2"), sent.npos) << sent;
}

TEST(LibnatsLink, AnAnnouncementThatIsRefusedIsNoError) {
  ScriptedServer server({[](Peer& peer) {
    greet(peer);
    peer.write("-ERR 'Permissions Violation for Publish to \"_FANLIGHT.a\"'\r\n");
    read_until(peer, "END\r\n");
    peer.write("-ERR 'Permissions Violation for Publish to \"a\"'\r\n");
    peer.wait_until_closed();
  }});
  const auto link = connect(server.port());
  EXPECT_TRUE(link->may_announce());
  while (link->may_announce()) step(*link);
  const std::string text = "END";
  link->publish("a", {{}, std::as_bytes(std::span(text))});
  EXPECT_EQ(error_of([&] {
              for (;;) step(*link);
            }),
            EACCES)
      << "but a frame is";
}

// The server may have ended it already: that is no error.
TEST(LibnatsLink, ALimitThatIsReachedMayBeRaised) {
  ScriptedServer server({[&](Peer& peer) {
    greet(peer);
    read_until(peer, "UNSUB 1 1\r\n");
    peer.write("MSG fanlight.yard 1 1\r\na\r\n");
    read_until(peer, "SUB fanlight.yard  2\r\n");
  }});
  const auto link = connect(server.port());
  link->subscribe("fanlight.yard", 1);
  send_all(*link);
  while (!link->next()) step(*link);
  link->extend(5);
  link->subscribe("fanlight.yard", 5);
  send_all(*link);
}

TEST(LibnatsLink, BrokenHeadersAreNone) {
  ScriptedServer server({[&](Peer& peer) {
    greet(peer);
    read_until(peer, "UNSUB 1 9\r\n");
    peer.write("HMSG fanlight.yard 1 17 18\r\nNATS/9.9 what?!\n\na\r\n");
    peer.wait_until_closed();
  }});
  {
    const auto link = connect(server.port());
    link->subscribe("fanlight.yard", 9);
    send_all(*link);
    std::optional<NatsMessage> message;
    while (!(message = link->next())) step(*link);
    EXPECT_TRUE(message->fields.empty());
  }
}

TEST(LibnatsLink, RefusalsAndOtherServersAreErrorsWithTheirNumbers) {
  EXPECT_EQ(error_of_connect([](Peer& peer) {
              peer.write(kInfo);
              read_until(peer, "PING\r\n");
              peer.write("-ERR 'Authorization Violation'\r\n");
            }),
            EACCES);
  EXPECT_EQ(error_of_connect([](Peer& peer) { peer.write("HTTP/1.1 400 Bad Request\r\n\r\n"); }),
            EPROTO);
  EXPECT_EQ(error_of_connect([](Peer& peer) { greet(peer, "INFO {\"max_payload\":65536}\r\n"); }),
            EPROTO)
      << "no headers";
  EXPECT_EQ(error_of_connect([](Peer& peer) { peer.write(kInfo); }, "tls://127.0.0.1"),
            EKEYREJECTED)
      << "no TLS";
  EXPECT_EQ(error_of([] { connect(closed_port()); }), ECONNREFUSED);
}

TEST(LibnatsLink, TheEndOfTheConnectionAndWhatIsNotPermittedAreErrors) {
  ScriptedServer server({[](Peer& peer) { greet(peer); },
                         [](Peer& peer) {
                           greet(peer);
                           peer.write("-ERR 'Permissions Violation for Publish to \"a\"'\r\n");
                           peer.wait_until_closed();
                         },
                         [](Peer& peer) {
                           greet(peer);
                           peer.write("-ERR 'Slow Consumer'\r\n");
                         }});
  const auto steps = [&](NatsLink& link) {
    return error_of([&] {
      for (;;) step(link);
    });
  };
  EXPECT_EQ(steps(*connect(server.port())), ECONNRESET);
  EXPECT_EQ(steps(*connect(server.port())), EACCES);
  EXPECT_EQ(steps(*connect(server.port())), ECONNRESET);
}

TEST(LibnatsLink, AnswersPings) {
  std::string pong;
  ScriptedServer server({[&](Peer& peer) {
    greet(peer);
    peer.write("PING\r\n");
    pong = read_until(peer, "PONG\r\n");
  }});
  const auto link = connect(server.port());
  while (!link->is_sending()) step(*link);
  send_all(*link);
  server.finish();
  EXPECT_EQ(pong, "PONG\r\n");
}

}  // namespace
}  // namespace fanlight
