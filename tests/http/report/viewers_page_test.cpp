// SPDX-License-Identifier: Apache-2.0
// The clients that may see the addresses of viewers, and the contents of the page.
#include "http/report/viewers_page.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

ServerConfig trusting(const std::string& range) {
  ServerConfig config;
  config.trusted_proxies.emplace_back(range);
  return config;
}

const PeerAddress kElsewhere = parse_address("192.0.2.7").value();

std::string text_from(ShardWorld& shard, const PeerAddress& peer, const std::string& target,
                      const std::string& fields = {}) {
  const ParsedResponse response = ask_from(shard, peer, local_get(target, fields));
  return std::to_string(response.status) + " " + response.body;
}

bool shows(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST(ViewersPage, ListsEveryViewerWithItsAddress) {
  ShardWorld shard(calm_world());
  RawClient viewer(shard, {.peer = kElsewhere});
  viewer.send(get("/stream"));
  shard.run_for(2s);
  const std::string page = text_from(shard, kThisMachine, "/viewers");
  EXPECT_TRUE(page.starts_with("200 <!doctype html>")) << page;
  EXPECT_TRUE(
      shows(page, "<tbody>\n<tr><td>192.0.2.7<td><a href=\"cameras/cam\">cam</a><td>0:02<td>"))
      << page;
  EXPECT_TRUE(
      shows(page, "<tfoot>\n<tr><td colspan=\"7\">1 of at most 1000 viewers\n</table>\n</main>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(ViewersPage, ManyViewersAreListedPageByPage) {
  ShardWorld shard(calm_world());
  for (size_t i = 0; i < 200; ++i) shard.world.add({.parse = false});
  shard.run_for(1s);
  const std::string page = text_from(shard, kThisMachine, "/viewers");
  size_t rows = 0;
  for (size_t at = 0; (at = page.find("<tr><td>10.", at)) != std::string::npos; ++at) ++rows;
  EXPECT_EQ(rows, 200u);
}

TEST(ViewersPage, OnlyThisMachineSeesAddresses) {
  ShardWorld shard(calm_world());
  RawClient viewer(shard, {.peer = kElsewhere});
  viewer.send(get("/stream"));
  shard.run_for(1s);
  const PeerAddress unix_socket{.bytes = {}, .is_local = true};
  for (const PeerAddress& peer : {kThisMachine, unix_socket}) {
    EXPECT_TRUE(text_from(shard, peer, "/viewers").starts_with("200 "));
    const std::string state = text_from(shard, peer, "/api/v1/state");
    EXPECT_TRUE(JsonCheck(state.substr(4)).valid());
    EXPECT_TRUE(shows(state, R"("address":"192.0.2.7")")) << state;
  }
  // Neither other machines nor clients that connect through a proxy, known or not.
  struct Case {
    PeerAddress peer;
    std::string fields;
  };
  for (const Case& refused :
       {Case{kElsewhere, ""}, Case{kThisMachine, "X-Forwarded-For: 127.0.0.1\r\n"},
        Case{kThisMachine, "Forwarded: for=127.0.0.1\r\n"},
        Case{kThisMachine, "X-Real-IP: 127.0.0.1\r\n"}, Case{kThisMachine, "Via: 1.1 proxy\r\n"},
        Case{PeerAddress{}, ""}}) {
    EXPECT_EQ(text_from(shard, refused.peer, "/viewers", refused.fields),
              "403 403 Forbidden: viewers are listed only for this machine, --admin-listen, and "
              "who may see the state (--auth-file)\n");
    const std::string state = text_from(shard, refused.peer, "/api/v1/state", refused.fields);
    EXPECT_TRUE(state.starts_with("200 "));
    EXPECT_FALSE(shows(state, "address\":\"")) << refused.fields;
    EXPECT_FALSE(shows(state, "192.0.2.7"));
  }
}

TEST(ViewersPage, ATrustedProxysClientsAreNotThisMachine) {
  ShardWorld shard(calm_world(), trusting("127.0.0.1"));
  EXPECT_TRUE(text_from(shard, kThisMachine, "/viewers").starts_with("403 "));
  EXPECT_TRUE(
      text_from(shard, kThisMachine, "/viewers", "X-Forwarded-For: ::1\r\n").starts_with("403 "));
}

// The address listed and counted is that of the viewer behind the proxy.
TEST(ViewersPage, TheViewerBehindATrustedProxyIsListedAndCounted) {
  ServerConfig config = trusting("192.0.2.7");
  config.admission.viewers_per_address = 1;
  ShardWorld shard(calm_world(), config);
  const std::string one = "X-Forwarded-For: 10.9.9.9, 203.0.113.1\r\n";
  RawClient first(shard, {.peer = kElsewhere}), second(shard, {.peer = kElsewhere}),
      other(shard, {.peer = kElsewhere});
  first.send(get("/stream", one));
  shard.run_for(100ms);
  second.send(get("/stream", one));
  other.send(get("/stream", "X-Forwarded-For: 203.0.113.2\r\n"));
  shard.run_for(100ms);
  EXPECT_EQ(second.status(), 503);
  const std::string page = text_from(shard, kThisMachine, "/viewers");
  EXPECT_TRUE(shows(page, "<tr><td>203.0.113.1<td>")) << page;
  EXPECT_TRUE(shows(page, "<tr><td>203.0.113.2<td>"));
  EXPECT_TRUE(shows(page, "2 of at most"));
}

TEST(ViewersPage, ClientsOfAnAdminListenerSeeAddressesWhereverTheyAre) {
  SimWorld world(calm_world());
  ServerState state({}, {{"cam", "simulated", &world.ring(), nullptr}}, 1,
                    world.backend().wall_now());
  const std::array<ListeningSocket, 1> listeners = {{{world.listener(), true}}};
  Shard shard(state, 0, world.backend(), listeners);
  shard.start();
  bool running = true;
  const SimWorld::Turn turn = [&] { return running = shard.turn(kNever); };
  SimConnection& client = world.backend().connect(world.listener(), {.peer = kElsewhere});
  std::string text;
  client.set_on_change([&] {
    text += client.arrived().view();
    client.read(client.arrived().view().size());
  });
  client.write(get("/viewers"));
  world.run_for(100ms, turn);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
  client.set_on_change(nullptr);
  client.close_peer();
  state.stopping = true;
  state.wake_all();
  world.run_until([&] { return !running; }, 10s, turn);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace fanlight
