// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_tls.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

#include "core/fd.h"
#include "tests/io/tls/tls_pair.h"

namespace fanlight {
namespace {

// Owns: a LoadTls and a server, with a socket between them. Thread: one.
struct LoadTlsTest : testing::Test {
  LoadTlsTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client_end = Fd(ends[0]);
    server_end = Fd(ends[1]);
    tls.emplace(context, client_end.get(), "localhost");
  }

  void feed_server() {
    const std::span<char> input = pair.server.input_room();
    const ssize_t bytes = ::recv(server_end.get(), input.data(), input.size(), 0);
    if (bytes > 0) pair.server.received(static_cast<size_t>(bytes));
  }

  void send_to_client() {
    const std::string_view bytes = pair.server.output();
    if (bytes.empty()) return;
    ASSERT_EQ(::send(server_end.get(), bytes.data(), bytes.size(), 0), ssize_t(bytes.size()));
    pair.server.sent(bytes.size());
  }

  void seal(std::string text) {
    const iovec slice{text.data(), text.size()};
    ASSERT_TRUE(pair.server.seal({&slice, 1}));
    send_to_client();
  }

  LoadTls::Step shake_hands() {
    LoadTls::Step step = tls->shake_hands();
    for (int i = 0; i < 10 && !pair.server.is_established(); ++i) {
      feed_server();
      pair.server.shake_hands();
      send_to_client();
      step = tls->shake_hands();
    }
    return step;
  }

  TlsPair pair;
  LoadTlsContext context;
  Fd client_end;
  Fd server_end;
  std::optional<LoadTls> tls;
  std::array<char, 1000> room;
};

TEST_F(LoadTlsTest, SendsAndReceives) {
  EXPECT_EQ(tls->shake_hands(), LoadTls::Step::wants_input);
  ASSERT_EQ(shake_hands(), LoadTls::Step::done);
  EXPECT_EQ(tls->send("request"), 7);
  feed_server();
  EXPECT_EQ(pair.server.read(room), 7);
  EXPECT_EQ(tls->receive(room), -1);
  EXPECT_EQ(errno, EAGAIN);
  seal(std::string(1500, 'x'));
  EXPECT_EQ(tls->receive(room), 1000);
  EXPECT_TRUE(tls->has_pending());
  EXPECT_EQ(tls->receive(room), 500);
  EXPECT_FALSE(tls->has_pending());
}

TEST_F(LoadTlsTest, OutlivesAServerThatClosesDuringTheHandshake) {
  server_end.reset();
  EXPECT_EQ(tls->shake_hands(), LoadTls::Step::failed);
}

TEST_F(LoadTlsTest, SeesTheEnd) {
  ASSERT_EQ(shake_hands(), LoadTls::Step::done);
  pair.server.close();
  send_to_client();
  EXPECT_EQ(tls->receive(room), 0);
}

TEST_F(LoadTlsTest, TakesABareFinForAnEnd) {
  ASSERT_EQ(shake_hands(), LoadTls::Step::done);
  server_end.reset();
  EXPECT_EQ(tls->receive(room), 0);
}

TEST_F(LoadTlsTest, FailsWhereNoTlsIsSpoken) {
  ASSERT_EQ(::send(server_end.get(), "HTTP/1.1 400 \r\n", 15, 0), 15);
  EXPECT_EQ(tls->shake_hands(), LoadTls::Step::failed);
}

}  // namespace
}  // namespace fanlight
