// SPDX-License-Identifier: Apache-2.0
// Logins and links in the simulation: whatever they cost, and however many there are, viewers get
// their frames; and a stream ends when the right to it does.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/http/auth_world.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

using Clients = std::vector<std::unique_ptr<RawClient>>;

// Someone who gets every frame. The camera makes 10 a second.
std::unique_ptr<RawClient> make_viewer(AuthWorld& shard, const std::string& target,
                                       const SimLink& link = {}) {
  auto viewer = std::make_unique<RawClient>(shard, link);
  viewer->send(get(target));
  shard.run_for(300ms);
  EXPECT_EQ(viewer->status(), 200) << target;
  EXPECT_GT(viewer->stream().frames, 0u);
  return viewer;
}

// Each from an address of its own, with a password that is not known to be right.
Clients log_in(AuthWorld& shard, size_t count) {
  Clients clients;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(shard));
    clients.back()->send(get("/snapshot", kWrong));
  }
  return clients;
}

size_t count_status(const Clients& clients, int status) {
  size_t count = 0;
  for (const auto& client : clients) count += client->status() == status ? 1 : 0;
  return count;
}

// The threads that verify are stuck: the desk fills, and the rest is refused.
TEST(Passwords, AFullDeskDelaysNoFrame) {
  AuthWorld shard;
  auto viewer = make_viewer(shard, "/stream?" + shard.link(3600));
  constexpr size_t kLogins = 3 * PasswordDesk::kPlacesMax;
  const Clients clients = log_in(shard, kLogins);
  const uint64_t before = viewer->stream().frames;
  shard.run_for(10s);
  EXPECT_GE(viewer->stream().frames, before + 99) << "ten a second";
  EXPECT_EQ(viewer->violation(), "");
  EXPECT_EQ(count_status(clients, 503), kLogins - PasswordDesk::kPlacesMax);
  EXPECT_EQ(count_status(clients, 0), PasswordDesk::kPlacesMax);
  for (const auto& client : clients) {
    if (client->status() != 503) continue;
    EXPECT_EQ(client->responses().back().headers.at("retry-after"), "5");
    EXPECT_EQ(client->responses().back().body,
              "503 Service Unavailable: too many logins at the same time\n");
  }
  EXPECT_EQ(shard.stats().login_busy.value(), kLogins - PasswordDesk::kPlacesMax);
  shard.run_for(kLoginWait);
  EXPECT_EQ(count_status(clients, 503), kLogins) << "no one waits forever";
  viewer.reset();
  shard.run_for(1s);
  while (PasswordCheck* check = shard.auth.desk().take_next()) {
    shard.auth.carry_out(*check, shard.hasher);
  }
}

// One is verified every 100 ms.
TEST(Passwords, ASlowPoolDelaysNoFrame) {
  AuthWorld shard;
  auto viewer = make_viewer(shard, "/stream?" + shard.link(3600));
  const Clients clients = log_in(shard, PasswordDesk::kPlacesMax);
  const uint64_t before = viewer->stream().frames;
  shard.run_for(100ms);
  for (size_t i = 0; i < PasswordDesk::kPlacesMax; ++i) {
    PasswordCheck* check = shard.auth.desk().take_next();
    ASSERT_NE(check, nullptr);
    shard.run_for(100ms);
    shard.auth.carry_out(*check, shard.hasher);
  }
  shard.run_for(100ms);
  EXPECT_GE(viewer->stream().frames, before + PasswordDesk::kPlacesMax);
  EXPECT_EQ(count_status(clients, 401), PasswordDesk::kPlacesMax);
}

TEST(Passwords, ClientsMayLeaveMeanwhile) {
  AuthWorld shard;
  Clients waiting = log_in(shard, 2);
  shard.run_for(10ms);
  PasswordCheck* check = shard.auth.desk().take_next();
  ASSERT_NE(check, nullptr);
  waiting.clear();
  // A client that waits is not read from: only the limit ends its connection.
  shard.run_for(kLoginWait + 1s);
  shard.auth.carry_out(*check, shard.hasher);
  shard.run_for(10s);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(shard.auth.desk().take_next(), nullptr);
}

TEST(Passwords, TheServerMayStopMeanwhile) {
  AuthWorld shard;
  const Clients waiting = log_in(shard, 3);
  shard.run_for(10ms);
  PasswordCheck* check = shard.auth.desk().take_next();
  ASSERT_NE(check, nullptr);
  EXPECT_LE(shard.stop(), 2s);
  shard.auth.carry_out(*check, shard.hasher);
}

// ---- the end of a link ----

TEST(Links, AStreamEndsInOrderWithItsLink) {
  AuthWorld shard;
  auto viewer = make_viewer(shard, "/stream?" + shard.link(5));
  shard.run_for(4s);
  EXPECT_FALSE(viewer->finished());
  shard.run_for(2s);
  EXPECT_TRUE(viewer->finished());
  EXPECT_TRUE(viewer->stream().closed) << "with the closing delimiter";
  EXPECT_EQ(viewer->violation(), "");
  EXPECT_GE(viewer->stream().frames, 40u);
  shard.run_for(10s);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

// Its connection is always sending: 1000 bytes take half a second.
TEST(Links, ASlowViewersStreamEndsToo) {
  AuthWorld shard;
  SimLink slow;
  slow.send_buffer = 1'000;
  slow.receive_window = 1'000;
  slow.bytes_per_second = 2'000;
  RawClient viewer(shard, slow);
  viewer.send(get("/stream?" + shard.link(5)));
  shard.run_for(15s);
  EXPECT_TRUE(viewer.finished());
  EXPECT_TRUE(viewer.stream().closed);
  EXPECT_EQ(viewer.violation(), "");
}

TEST(Links, AWebSocketEndsWithACode) {
  AuthWorld shard;
  RawClient client(shard);
  client.send(web_socket_request("/ws?" + shard.link(5)));
  shard.run_for(4s);
  EXPECT_FALSE(client.finished());
  shard.run_for(2s);
  const std::string& text = client.text();
  const auto frames = server_frames(std::string_view(text).substr(text.find("\r\n\r\n") + 4));
  ASSERT_GT(frames.size(), 80u);
  EXPECT_EQ(frames.back().first, 0x88);
  EXPECT_EQ(frames.back().payload, "\x03\xf0") << "1008";
}

TEST(Links, LimitTheRate) {
  AuthWorld shard;
  auto limited = make_viewer(shard, "/stream?" + shard.link(3600, "cam", "2"));
  auto slower = make_viewer(shard, "/stream?fps=1&" + shard.link(3600, "cam", "2"));
  shard.run_for(10s);
  EXPECT_GE(limited->stream().frames, 18u);
  EXPECT_LE(limited->stream().frames, 22u);
  EXPECT_LE(slower->stream().frames, 12u);
}

TEST(Links, ThatEndInAThousandYears) {
  AuthWorld shard;
  auto viewer = make_viewer(shard, "/stream?" + shard.link(int64_t{1000} * 365 * 24 * 3600));
  shard.run_for(10s);
  EXPECT_FALSE(viewer->finished());
}

}  // namespace
}  // namespace fanlight
