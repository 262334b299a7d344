// SPDX-License-Identifier: Apache-2.0
#include "tools/load/target.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

TEST(Url, HasItsParts) {
  const Url url = parse_url("http://localhost:8080/a/b?c=d#e");
  EXPECT_EQ(url.host, "localhost");
  EXPECT_EQ(url.port, 8080);
  EXPECT_EQ(url.path, "/a/b?c=d");
  EXPECT_EQ(url.authority, "localhost:8080");
}

TEST(Url, MissingPartsHaveDefaults) {
  const Url url = parse_url("http://10.0.0.1");
  EXPECT_EQ(url.host, "10.0.0.1");
  EXPECT_EQ(url.port, 80);
  EXPECT_EQ(url.path, "/");
}

TEST(Url, AcceptsIpv6InBrackets) {
  const Url url = parse_url("http://[::1]:5000/stream");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 5000);
  EXPECT_EQ(url.authority, "[::1]:5000");
  EXPECT_EQ(parse_url("http://[fe80::1]/").port, 80);
}

TEST(Url, MayHaveTls) {
  EXPECT_FALSE(parse_url("http://x/").is_tls);
  const Url url = parse_url("https://localhost/stream");
  EXPECT_TRUE(url.is_tls);
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(parse_url("https://localhost:5000/stream").port, 5000);
  EXPECT_NE(Target(url, 1, {}).tls(), nullptr);
  EXPECT_EQ(Target(parse_url("http://localhost/"), 1, {}).tls(), nullptr);
}

TEST(Url, RefusesInvalidUrls) {
  for (const char* text : {"", "127.0.0.1:5000", "ftp://x/", "https://", "http://", "http:///x",
                           "http://x:0/", "http://x:y/", "http://[::1/", "http://x:70000/",
                           "http://x?y", "http://x/a b", "http://x/\r\n"}) {
    EXPECT_THROW(parse_url(text), std::invalid_argument) << text;
  }
}

std::string address_of(const Target& target) {
  char text[INET6_ADDRSTRLEN] = {};
  const void* address = target.family() == AF_INET
                            ? static_cast<const void*>(
                                  &reinterpret_cast<const sockaddr_in*>(target.address())->sin_addr)
                            : &reinterpret_cast<const sockaddr_in6*>(target.address())->sin6_addr;
  ::inet_ntop(target.family(), address, text, sizeof text);
  return text;
}

TEST(Url, MayHaveAUserAndAPassword) {
  const Url url = parse_url("http://anna:p%40ss:w@[::1]:5000/stream?a=b@c");
  EXPECT_EQ(url.user_info, "anna:p%40ss:w");
  EXPECT_EQ(url.authority, "[::1]:5000");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(parse_url("http://x/a@b").user_info, "");
  for (const char* text : {"http://anna@x/", "http://a:%4@x/", "http://a:%zz@x/"}) {
    EXPECT_THROW(parse_url(text), std::invalid_argument) << text;
  }
  // Of RFC 7617.
  EXPECT_EQ(authorization_line("Aladdin:open%20sesame"),
            "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
  const Target target(parse_url("http://a:b@127.0.0.1:5000/"), 1, {});
  EXPECT_NE(target.request().find("\r\nAuthorization: Basic YTpi\r\n"), std::string_view::npos);
  EXPECT_EQ(target.request().find("a:b@"), std::string_view::npos);
}

TEST(Url, IsShownWithoutThePassword) {
  EXPECT_EQ(shown_url("http://anna:secret@cam:5000/a@b"), "http://cam:5000/a@b");
  EXPECT_EQ(shown_url("http://cam/a@b"), "http://cam/a@b");
  EXPECT_EQ(shown_url("cam"), "cam");
}

TEST(Url, TheWebSocketIsBesideTheStream) {
  EXPECT_EQ(web_socket_path("/stream"), "/ws?segments=1");
  EXPECT_EQ(web_socket_path("/"), "/ws?segments=1");
  EXPECT_EQ(web_socket_path("/cameras/front/stream?fps=5"), "/cameras/front/ws?fps=5&segments=1");
  EXPECT_EQ(web_socket_path("/ws?fps=a/b"), "/ws?fps=a/b&segments=1");
}

TEST(Target, ResolvesAndPrefersIpv4) {
  EXPECT_EQ(address_of(Target(parse_url("http://127.0.0.9:5000/"), 1, {})), "127.0.0.9");
  EXPECT_EQ(address_of(Target(parse_url("http://[::1]:5000/"), 1, {})), "::1");
  EXPECT_EQ(address_of(Target(parse_url("http://localhost:5000/"), 1, {})), "127.0.0.1");
}

TEST(Target, UnknownHostIsUnavailable) {
  try {
    Target(parse_url("http://256.256.256.256:1/"), 1, {});
    FAIL() << "expected a failure to resolve";
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::unavailable);
  }
}

TEST(Target, RequestsAWebSocketForSegments) {
  const Target target(parse_url("http://127.0.0.1:5000/stream"), 1, {"A: b"}, true);
  const std::string_view request = target.request();
  EXPECT_TRUE(request.starts_with("GET /ws?segments=1 HTTP/1.1\r\nHost: 127.0.0.1:5000\r\n"));
  for (const char* field : {"\r\nConnection: Upgrade\r\n", "\r\nUpgrade: websocket\r\n",
                            "\r\nSec-WebSocket-Version: 13\r\n", "\r\nSec-WebSocket-Key: "}) {
    EXPECT_NE(request.find(field), request.npos) << field;
  }
  EXPECT_TRUE(request.ends_with("\r\nA: b\r\n\r\n"));
}

TEST(Target, RequestIsAnsweredWithoutChunks) {
  const Target target(parse_url("http://127.0.0.1:5000/stream?fps=5"), 1, {"A: b"});
  EXPECT_EQ(target.request(),
            "GET /stream?fps=5 HTTP/1.0\r\nHost: 127.0.0.1:5000\r\nUser-Agent: fanlight-load\r\n"
            "Accept: */*\r\nA: b\r\n\r\n");
}

TEST(Target, MoreViewersThanPortsUseMoreAddresses) {
  const size_t ports = count_local_ports();
  ASSERT_GT(ports, 1000u);
  const Target few(parse_url("http://127.0.0.1:5000/"), ports / 2, {});
  EXPECT_FALSE(few.source_of(0).has_value());
  const Target many(parse_url("http://127.0.0.1:5000/"), ports * 2, {});
  EXPECT_EQ(ntohl(many.source_of(0)->sin_addr.s_addr), INADDR_LOOPBACK + 1u);
  EXPECT_EQ(ntohl(many.source_of(ports)->sin_addr.s_addr), INADDR_LOOPBACK + 2u);
  EXPECT_EQ(ntohl(many.source_of(2 * ports - 1)->sin_addr.s_addr), INADDR_LOOPBACK + 3u);
  EXPECT_EQ(many.source_of(0)->sin_port, 0);
}

TEST(Target, RefusesMoreViewersThanPortsOnOtherMachines) {
  EXPECT_THROW(Target(parse_url("http://192.0.2.1:80/"), 70'000, {}), StartError);
  EXPECT_THROW(Target(parse_url("http://[::1]:80/"), 70'000, {}), StartError);
}

}  // namespace
}  // namespace fanlight
