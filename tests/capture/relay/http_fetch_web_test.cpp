// SPDX-License-Identifier: Apache-2.0
// HttpFetch and the real web: cookies, redirects, logins, compression, lost peers.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/capture/relay/test_fetch.h"

namespace fanlight {
namespace {

TEST_F(HttpFetchTest, KeepsCookiesAcrossRedirectsAndLogin) {
  ScriptedServer server({
      says(http_answer("302 Found",
                       "Location: /in\r\nSet-Cookie: session=7; Path=/\r\nConnection: close\r\n",
                       "")),
      says(http_answer("401 Unauthorized",
                       "WWW-Authenticate: Basic realm=\"x\"\r\nSet-Cookie: login=8; Path=/\r\n"
                       "Connection: close\r\n",
                       "")),
      says(http_answer("200 OK", "", "in")),
  });
  EXPECT_EQ(get(server.url("/", "admin:secret")).body, "in");
  ASSERT_EQ(requests_.size(), 3u);
  EXPECT_EQ(requests_[0].find("Cookie:"), std::string::npos);
  EXPECT_NE(requests_[1].find("Cookie: session=7"), std::string::npos) << requests_[1];
  EXPECT_NE(requests_[2].find("session=7"), std::string::npos) << requests_[2];
  EXPECT_NE(requests_[2].find("login=8"), std::string::npos) << requests_[2];
}

TEST_F(HttpFetchTest, SendsHeadersOnlyToTheirServer) {
  ScriptedServer other({says(http_answer("200 OK", "", "there"))});
  ScriptedServer server({
      says(http_answer("302 Found", "Location: /next\r\nConnection: close\r\n", "")),
      says(http_answer("302 Found",
                       fmt::format("Location: {}\r\nConnection: close\r\n", other.url("/")), "")),
      says(http_answer("200 OK", "", "here")),
  });
  UpstreamOptions options;
  options.headers = {"X-API-Key: s3cret", "X-Two: 2"};
  Fetched fetched;
  HttpFetch fetch(
      server.url(), clock_, 20s, [&](std::string_view bytes) { fetched.body += bytes; }, options);
  fetch.start();
  finish(fetch, fetched);
  EXPECT_EQ(fetched.body, "there");
  fetch.start();
  finish(fetch, fetched);
  EXPECT_EQ(fetched.body, "therehere");
  ASSERT_EQ(requests_.size(), 4u);
  for (const size_t own : {0u, 1u, 3u}) {
    EXPECT_NE(requests_[own].find("\r\nX-API-Key: s3cret\r\n"), std::string::npos) << own;
    EXPECT_NE(requests_[own].find("\r\nX-Two: 2\r\n"), std::string::npos) << own;
  }
  EXPECT_EQ(requests_[2].find("X-API-Key"), std::string::npos) << requests_[2];
  EXPECT_NE(requests_[2].find("Accept: */*"), std::string::npos) << requests_[2];
}

TEST_F(HttpFetchTest, SendsTheGivenPasswordAfterA401WithoutAChallenge) {
  const std::string bare = http_answer("401 Unauthorized", "Connection: close\r\n", "no");
  const std::string strange = http_answer(
      "401 Unauthorized", "WWW-Authenticate: X-Own realm=\"x\"\r\nConnection: close\r\n", "no");
  for (const std::string& refusal : {bare, strange}) {
    requests_.clear();
    ScriptedServer server({says(refusal), says(http_answer("200 OK", "", "yes")), says(refusal),
                           says(refusal), says(refusal)});
    EXPECT_EQ(get(server.url("/", "admin:p%40ss")).body, "yes")
        << "and nothing of the body of the 401";
    EXPECT_EQ(requests_[0].find("Authorization"), std::string::npos);
    EXPECT_NE(requests_[1].find("Authorization: Basic YWRtaW46cEBzcw=="), std::string::npos);
    const Fetched wrong = get(server.url("/", "admin:wrong"));
    EXPECT_EQ(wrong.answer.status, 401);
    EXPECT_EQ(wrong.body, "no");
    EXPECT_EQ(get(server.url("/")).answer.status, 401) << "there is no password";
    EXPECT_EQ(requests_.size(), 5u);
  }
}

TEST_F(HttpFetchTest, DecompressesUnrequestedCompression) {
  const std::string compressed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\x48\xce\xcf"
      "\x2d\x28\x4a\x2d\x2e\x4e\x4d\x01\x00\x12\x7e\x19\x78\x11\x00\x00\x00",
      37);
  const std::string label = "Content-Encoding: gzip\r\nConnection: close\r\n";
  const std::string lie = http_answer("200 OK", label, "not compressed");
  const std::string strange = http_answer("200 OK", "Content-Encoding: binary\r\n", "as it is");
  ScriptedServer server({says(http_answer("200 OK", label, compressed)), says(lie), says(lie),
                         says(strange), says(strange)});
  const Fetched fetched = get(server.url());
  EXPECT_EQ(fetched.body, "hello, compressed") << fetched.words;
  EXPECT_FALSE(fetched.answer.length) << "it is the compressed length";
  EXPECT_NE(requests_[0].find("Accept-Encoding: identity"), std::string::npos) << requests_[0];
  EXPECT_EQ(get(server.url()).body, "not compressed");
  EXPECT_EQ(get(server.url()).body, "as it is");
}

TEST_F(HttpFetchTest, IgnoresAnInvalidLength) {
  for (const char* length : {"-1", "", "none", "12 bytes"}) {
    SCOPED_TRACE(length);
    const std::string answer =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nto the end", length);
    ScriptedServer server({says(answer), says(answer)});
    const Fetched fetched = get(server.url());
    EXPECT_EQ(fetched.body, "to the end") << fetched.words;
    EXPECT_FALSE(fetched.answer.length);
  }
}

TEST_F(HttpFetchTest, ReportsTheLengthOfABody) {
  ScriptedServer server(
      {says(http_answer("200 OK", "X-Sequence: 7\r\n", "hello")),
       says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")});
  const Fetched fetched = get(server.url());
  EXPECT_EQ(fetched.answer.length, size_t{5});
  EXPECT_EQ(fetched.answer.sequence, "7");
  EXPECT_FALSE(get(server.url()).answer.length);
}

// The socket of this program that is connected to this port.
int socket_to(uint16_t port) {
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) return fd;
  }
  return -1;
}

TEST_F(HttpFetchTest, KernelDetectsADeadPeer) {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\n\r\nx");
    peer.wait_until_closed();
  }});
  bool has_body = false;
  HttpFetch fetch(server.url(), clock_, 20s, [&](std::string_view) { has_body = true; });
  fetch.start();
  while (!has_body) ASSERT_NE(fetch.step(clock_.now() + 20s), Wake::deadline);
  const int fd = socket_to(server.port());
  const auto option = [fd](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(fd, level, name, &value, &size);
    return value;
  };
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 10);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 5);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 30'000);
}

// A listener whose backlog is full: the kernel drops further SYNs.
TEST_F(HttpFetchTest, GivesUpAnAddressThatDoesNotAnswer) {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), generic, size), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  ASSERT_EQ(::getsockname(listener.get(), generic, &size), 0);
  const Fd only(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(only.get(), generic, size), 0);
  const Instant began = clock_.now();
  const Fetched fetched = get(fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port)), 60s);
  EXPECT_EQ(fetched.error, ETIMEDOUT) << fetched.words;
  EXPECT_LT(clock_.now() - began, 19s) << "after 3 s, not after the timeout";
}

TEST_F(HttpFetchTest, RestartAbandonsTheCurrentRequest) {
  ScriptedServer server({[](Peer& peer) {
                           peer.read_head();
                           peer.wait_until_closed();
                         },
                         says(http_answer("200 OK", "", "second"))});
  Fetched fetched;
  HttpFetch fetch(server.url(), clock_, 20s,
                  [&](std::string_view bytes) { fetched.body += bytes; });
  fetch.start();
  while (socket_to(server.port()) < 0) fetch.step(clock_.now() + 20s);
  fetch.start();
  finish(fetch, fetched);
  EXPECT_EQ(fetched.body, "second") << fetched.words;
}

}  // namespace
}  // namespace fanlight
