// SPDX-License-Identifier: Apache-2.0
#include "http/answer/web_socket_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/panel_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

// The example of RFC 6455 section 1.3.
const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string handshake(const std::string& target, const std::string& fields = {}) {
  return get(target,
             "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                 kKey + "\r\n" + fields);
}

std::string without(std::string text, const std::string& what) {
  const size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.erase(at, what.size());
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), by);
}

// The head of the answer to a handshake; frames follow it indefinitely.
std::string head_of(ShardWorld& shard, const std::string& request) {
  RawClient client(shard);
  client.send(request);
  EXPECT_TRUE(
      shard.run_until([&] { return client.text().find("\r\n\r\n") != std::string::npos; }, 10s));
  return client.text().substr(0, client.text().find("\r\n\r\n"));
}

int status_of(ShardWorld& shard, const std::string& request) {
  return std::stoi(head_of(shard, request).substr(9, 3));
}

TEST(WebSocketReply, SwitchesProtocols) {
  ShardWorld shard{SimWorldConfig()};
  for (const char* target :
       {"/ws", "/cameras/cam/ws", "/ws?cameras=cam", "/ws?cameras=*&fps=2.5"}) {
    const std::string head = head_of(shard, handshake(target));
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
    EXPECT_NE(head.find("\r\nUpgrade: websocket\r\n"), head.npos) << head;
    EXPECT_NE(head.find("\r\nConnection: Upgrade\r\n"), head.npos) << head;
    EXPECT_NE(head.find("\r\nSec-WebSocket-Accept: " + kAccept), head.npos) << head;
    EXPECT_EQ(head.find("Connection: close"), head.npos) << head;
  }
}

TEST(WebSocketReply, WhatIsNoHandshakeIsToldSo) {
  ShardWorld shard{SimWorldConfig()};
  const std::string good = handshake("/ws");
  for (const std::string& request : {
           get("/ws"),
           without(good, "Upgrade: websocket\r\n"),
           without(good, ", Upgrade"),
           replaced(good, "websocket", "h2c"),
           replaced(good, "Version: 13", "Version: 8"),
           without(good, "Sec-WebSocket-Version: 13\r\n"),
           replaced(good, "GET", "HEAD"),
           replaced(good, "HTTP/1.1", "HTTP/1.0"),
       }) {
    const std::string head = head_of(shard, request);
    EXPECT_EQ(head.substr(9, 3), "426") << request;
    EXPECT_NE(head.find("\r\nUpgrade: websocket\r\n"), head.npos) << head;
    EXPECT_NE(head.find("\r\nSec-WebSocket-Version: 13\r\n"), head.npos) << head;
  }
  EXPECT_EQ(status_of(shard, replaced(good, kKey, "short")), 400);
  EXPECT_EQ(status_of(shard, handshake("/ws", "Sec-WebSocket-Key: " + kKey + "\r\n")), 400);
  EXPECT_EQ(status_of(shard, replaced(good, "GET", "POST")), 405);
}

TEST(WebSocketReply, ParametersAreChecked) {
  ShardWorld shard{SimWorldConfig()};
  for (const char* query : {"fps=0", "fps=x", "segments=2", "cameras=", "cameras=other",
                            "cameras=cam,", "cameras=cam,cam", "cameras=**"}) {
    const ParsedResponse response = ask(shard, handshake(std::string("/ws?") + query));
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_NE(response.body.find(std::string(query).substr(0, 3)), std::string::npos)
        << response.body;
  }
  EXPECT_EQ(status_of(shard, handshake("/cameras/other/ws")), 404);
}

// So that relays that pull updates notice a loop.
TEST(WebSocketReply, NamesTheRelaysBetweenTheCameraAndHere) {
  PanelWorld shard;
  EXPECT_EQ(head_of(shard, handshake("/ws")).find("\r\nVia: "), std::string::npos);
  const std::string longest(CameraPanel::kViaBytesMax, 'v');
  shard.panel.describe("relay", "as it comes", longest);
  EXPECT_NE(head_of(shard, handshake("/ws")).find("\r\nVia: " + longest), std::string::npos);
}

TEST(WebSocketReply, ScriptsFromElsewhereNeedPermission) {
  ServerConfig config;
  ShardWorld strict(SimWorldConfig(), config);
  EXPECT_EQ(status_of(strict, handshake("/ws", "Origin: http://sim\r\n")), 101);
  EXPECT_EQ(status_of(strict, handshake("/ws", "Origin: https://sim\r\n")), 101);
  EXPECT_EQ(status_of(strict, handshake("/ws", "Origin: http://evil.example\r\n")), 403);
  EXPECT_EQ(status_of(strict, handshake("/ws", "Origin: null\r\n")), 403);
  config.cors_origins = {"https://home.example"};
  ShardWorld named(SimWorldConfig(), config);
  EXPECT_EQ(status_of(named, handshake("/ws", "Origin: https://home.example\r\n")), 101);
  EXPECT_EQ(status_of(named, handshake("/ws", "Origin: http://evil.example\r\n")), 403);
  config.cors_origins = {"*"};
  ShardWorld open(SimWorldConfig(), config);
  EXPECT_EQ(status_of(open, handshake("/ws", "Origin: http://any.example\r\n")), 101);
}

TEST(WebSocketReply, IsOneOfTheViewers) {
  ServerConfig config;
  config.admission.viewers_max = 1;
  ShardWorld shard(SimWorldConfig(), config);
  RawClient first(shard);
  first.send(handshake("/ws"));
  shard.run_for(100ms);
  EXPECT_TRUE(first.text().starts_with("HTTP/1.1 101"));
  EXPECT_EQ(status_of(shard, handshake("/ws")), 503);
  EXPECT_EQ(status_of(shard, get("/stream")), 503);
  first.close();
  shard.run_for(100ms);
  EXPECT_EQ(status_of(shard, handshake("/ws")), 101);
}

}  // namespace
}  // namespace fanlight
