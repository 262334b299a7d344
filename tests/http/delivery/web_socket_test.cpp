// SPDX-License-Identifier: Apache-2.0
// WebSockets of a whole shard: what a client receives, byte for byte, and how they end.
#include "http/delivery/web_socket.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

constexpr size_t kFrameBytes = 20'000;

ServerConfig server_config() {
  ServerConfig config;
  config.viewer_stall_timeout = 5s;
  return config;
}

// Owns: a client that has requested a WebSocket. Thread: one.
class SocketClient {
 public:
  explicit SocketClient(ShardWorld& shard, const std::string& target = "/ws",
                        const SimLink& link = {}, const std::string& at_once = {})
      : client_(shard, link) {
    client_.send(web_socket_request(target) + at_once);
  }

  struct Picture {
    nlohmann::json told;
    size_t bytes;
  };

  // All complete frames so far.
  std::vector<ServerFrame> frames() const {
    const size_t head = client_.text().find("\r\n\r\n");
    if (head == std::string::npos) return {};
    EXPECT_TRUE(client_.text().starts_with("HTTP/1.1 101 "));
    return server_frames(std::string_view(client_.text()).substr(head + 4));
  }

  // Messages in pairs: the description of a picture, then the picture.
  std::vector<Picture> pictures() const {
    std::vector<Picture> found;
    nlohmann::json told;
    for (const ServerFrame& frame : frames()) {
      if (frame.first == 0x81) {
        EXPECT_TRUE(told.is_null()) << "two messages without a picture between them";
        told = nlohmann::json::parse(frame.payload);
      } else if (frame.first == 0x82) {
        EXPECT_FALSE(told.is_null()) << "a picture without a message before it";
        found.push_back({told, frame.payload.size()});
        told = nullptr;
      }
    }
    return found;
  }

  std::vector<uint64_t> sequences(const std::string& camera = "cam") const {
    std::vector<uint64_t> found;
    for (const Picture& picture : pictures()) {
      if (picture.told["camera"] == camera) found.push_back(picture.told["sequence"]);
    }
    return found;
  }

  // The payload of the last close, "none" if there is none; nothing may follow it.
  std::string close_payload() const {
    const auto all = frames();
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].first != 0x88) continue;
      EXPECT_EQ(i + 1, all.size()) << "data after the close frame";
      return all[i].payload;
    }
    return "none";
  }

  RawClient& raw() { return client_; }
  void send(std::string_view bytes) { client_.send(bytes); }

 private:
  RawClient client_;
};

TEST(WebSocket, AnnouncesAndSendsEveryFrame) {
  ShardWorld shard(calm_world(10, kFrameBytes), server_config());
  {
    SocketClient client(shard);
    shard.run_for(5s);
    const auto pictures = client.pictures();
    ASSERT_GE(pictures.size(), 49u);
    uint64_t last = 0;
    for (const auto& [told, bytes] : pictures) {
      EXPECT_EQ(told["camera"], "cam");
      EXPECT_EQ(bytes, kFrameBytes);
      EXPECT_FALSE(told.contains("slate"));
      EXPECT_GT(told["timestamp"], 0.0);
      EXPECT_TRUE(last == 0 || told["sequence"] == last + 1) << told;
      last = told["sequence"];
    }
    EXPECT_EQ(shard.channel_stats().frames_sent.value(), pictures.size());
    EXPECT_EQ(shard.channel_stats().frames_skipped.value(), 0u);
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, CamerasShareOneConnectionEvenly) {
  constexpr size_t kCameras = 9;
  ShardWorld shard(calm_world(10, kFrameBytes), server_config(), nullptr, kCameras);
  {
    // The connection carries ten of the ninety pictures a second.
    SocketClient slow(shard, "/ws?cameras=*", {.bytes_per_second = 10.0 * kFrameBytes});
    SocketClient fast(shard, "/ws?cameras=cam-3,cam");
    shard.run_for(30s);
    EXPECT_EQ(shard.stats().connections_open.value(), 2u);
    EXPECT_EQ(shard.channel_stats().viewers.value(), 2u);
    for (const char* camera : {"cam", "cam-3"}) {
      EXPECT_GE(fast.sequences(camera).size(), 299u) << camera;
    }
    EXPECT_EQ(fast.sequences("cam-1").size(), 0u);
    for (size_t i = 0; i < kCameras; ++i) {
      const auto sequences = slow.sequences(i == 0 ? "cam" : "cam-" + std::to_string(i));
      EXPECT_GE(sequences.size(), 28u) << i;
      EXPECT_LE(sequences.size(), 38u) << i;
      EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end()));
      // The newest picture is sent, not the oldest that waited.
      EXPECT_GE(sequences.back() + 20, shard.world.camera().last_sequence());
    }
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, SlowClientSkipsAndStalledClientIsClosed) {
  ShardWorld shard(calm_world(30, kFrameBytes), server_config());
  {
    SocketClient slow(shard, "/ws", {.bytes_per_second = 5.0 * kFrameBytes});
    SocketClient stalled(shard);
    shard.run_for(1s);
    stalled.raw().set_reading(false);
    shard.run_for(20s);
    EXPECT_EQ(shard.stats().evicted_stalled.value(), 1u);
    EXPECT_EQ(slow.raw().ended_at(), kNever);
    EXPECT_GE(slow.sequences().size(), 80u);
    EXPECT_GT(shard.channel_stats().frames_skipped.value(), 400u);
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, RepeatsTheNewestPictureOfASilentCamera) {
  ShardWorld shard(calm_world(0.1, kFrameBytes), server_config());
  {
    SocketClient client(shard);
    shard.run_for(28s);
    const auto sequences = client.sequences();
    EXPECT_GE(sequences.size(), 10u);
    EXPECT_LE(sequences.back() - sequences.front(), 3u);
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, SlateStatesItsReason) {
  SimWorldConfig config = calm_world(10, kFrameBytes);
  config.camera.lost_at = 1s;
  config.camera.lost_for = 10s;
  ShardWorld shard(config, server_config());
  {
    SocketClient client(shard);
    shard.run_for(4s);
    const auto pictures = client.pictures();
    ASSERT_FALSE(pictures.empty());
    EXPECT_FALSE(pictures.front().told.contains("slate"));
    ASSERT_TRUE(pictures.back().told.contains("slate"));
    EXPECT_FALSE(pictures.back().told["slate"].get<std::string>().empty());
  }
  expect_nothing_left(shard);
}

// A relay's slate reason is text from another server; a message that is not UTF-8 would end the
// WebSocket of all cameras (RFC 6455 section 8.1).
TEST(WebSocket, MessagesAreValidUtf8WhateverAnUpstreamSends) {
  SimWorldConfig config = calm_world(10, kFrameBytes);
  config.camera.lost_at = Duration(0);
  config.camera.lost_for = 1min;
  config.camera.slate_reason = "lost\r\n\x1b\"\xff\xe2\x82";
  ShardWorld shard(config, server_config());
  {
    SocketClient client(shard);
    shard.run_for(2s);
    const auto pictures = client.pictures();
    ASSERT_FALSE(pictures.empty());
    EXPECT_EQ(pictures.back().told["slate"], "lost  \uFFFD\"\uFFFD\uFFFD\uFFFD");
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, FpsParameterLimitsTheRate) {
  ShardWorld shard(calm_world(30, kFrameBytes), server_config());
  {
    SocketClient client(shard, "/ws?fps=2");
    shard.run_for(10s);
    EXPECT_GE(client.sequences().size(), 19u);
    EXPECT_LE(client.sequences().size(), 21u);
  }
  expect_nothing_left(shard);
}

// Also while a picture is being sent, which is completed first, and in the packet of the handshake.
TEST(WebSocket, RepliesToAPing) {
  ShardWorld shard(calm_world(10, kFrameBytes), server_config());
  {
    SocketClient eager(shard, "/ws", {}, client_frame(kClientPing, "early"));
    SocketClient slow(shard, "/ws", {.bytes_per_second = 2.0 * kFrameBytes});
    shard.run_for(1s);
    slow.send(client_frame(kClientPing, "first") + client_frame(kClientPing, "second"));
    slow.send(client_frame(kClientText, "whatever"));
    shard.run_for(5s);
    ASSERT_FALSE(eager.frames().empty());
    EXPECT_EQ(eager.frames().front().first, 0x8a);
    EXPECT_EQ(eager.frames().front().payload, "early");
    std::string pongs;
    for (const ServerFrame& frame : slow.frames()) {
      if (frame.first == 0x8a) pongs += frame.payload + " ";
    }
    EXPECT_EQ(pongs, "second ");  // answering the newest is enough
    EXPECT_GE(slow.pictures().size(), 8u);
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, RepliesToACloseAndSendsNothingAfterIt) {
  ShardWorld shard(calm_world(30, kFrameBytes), server_config());
  {
    SocketClient fast(shard);
    SocketClient slow(shard, "/ws", {.bytes_per_second = 2.0 * kFrameBytes});
    SocketClient bare(shard);
    shard.run_for(2s);
    fast.send(client_frame(kClientClose, "\x0b\xb8 enough"));
    slow.send(client_frame(kClientPing, "not any more") + client_frame(kClientClose, "\x03\xe8"));
    bare.send(client_frame(kClientClose, ""));
    shard.run_for(10s);
    EXPECT_EQ(fast.close_payload(), "\x0b\xb8");
    EXPECT_EQ(slow.close_payload(), "\x03\xe8");
    EXPECT_EQ(bare.close_payload(), "");
    for (SocketClient* client : {&fast, &slow, &bare}) EXPECT_TRUE(client->raw().finished());
    EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
    EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  }
  expect_nothing_left(shard);
}

// Its FIN arrives while a picture is being sent, with and without a close before it.
TEST(WebSocket, HalfClosingClientIsClosedInOrder) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {client_frame(kClientClose, "\x03\xe8"), "\x03\xe8"}, {"", "\x03\xea"}};
  for (const auto& [sent, close] : cases) {
    ShardWorld shard(calm_world(10, kFrameBytes), server_config());
    {
      const SimLink narrow{.send_buffer = 8 << 10, .bytes_per_second = 3.0 * kFrameBytes};
      SocketClient client(shard, "/ws", narrow);
      shard.run_for(2s);
      client.send(sent);
      client.raw().end_writing();
      shard.run_for(2s);
      EXPECT_EQ(client.close_payload(), close);
      EXPECT_GE(client.pictures().size(), 5u);
      EXPECT_TRUE(client.raw().finished());
      EXPECT_EQ(shard.stats().connections_open.value(), 0u);
      EXPECT_EQ(shard.stats().errors.value(), 0u);
    }
    expect_nothing_left(shard);
  }
}

TEST(WebSocket, ProtocolViolationIsReportedAndClosed) {
  ShardWorld shard(calm_world(10, kFrameBytes), server_config());
  {
    SocketClient unmasked(shard);
    SocketClient flood(shard);
    shard.run_for(1s);
    unmasked.send("\x81\x01x");
    flood.send(client_frame(0x82, std::string(70'000, 'x')));
    shard.run_for(5s);
    EXPECT_EQ(unmasked.close_payload(), "\x03\xea");  // 1002
    EXPECT_EQ(flood.close_payload(), "\x03\xf1");     // 1009
    EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  }
  expect_nothing_left(shard);
}

TEST(WebSocket, AnnouncesTheServersEnd) {
  ShardWorld shard(calm_world(10, kFrameBytes), server_config(), nullptr, 3);
  SocketClient all(shard, "/ws?cameras=*");
  SocketClient slow(shard, "/ws?cameras=*", {.bytes_per_second = 4.0 * kFrameBytes});
  SocketClient begins(shard);
  shard.run_for(2s);
  SocketClient late(shard);
  EXPECT_LE(shard.stop(), 2s);
  EXPECT_EQ(all.close_payload(), "\x03\xe9");  // 1001
  EXPECT_TRUE(all.raw().finished());
  EXPECT_EQ(slow.close_payload(), "\x03\xe9");
  EXPECT_EQ(begins.close_payload(), "\x03\xe9");
  EXPECT_EQ(shard.world.leftovers(), "");
}

// At any moment, also in the middle of a picture and of one of its own frames.
TEST(WebSocket, SurvivesAVanishingClient) {
  ShardWorld shard(calm_world(30, kFrameBytes), server_config(), nullptr, 4);
  for (int i = 0; i < 60; ++i) {
    SocketClient client(shard, "/ws?cameras=*", {.bytes_per_second = 30.0 * kFrameBytes});
    client.send(client_frame(kClientPing, "x").substr(0, static_cast<size_t>(i % 8)));
    shard.run_for(std::chrono::milliseconds(7 * i));
  }
  shard.run_for(10s);
  EXPECT_EQ(shard.channel_stats().viewers.value(), 0u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  expect_nothing_left(shard);
}

}  // namespace
}  // namespace fanlight
