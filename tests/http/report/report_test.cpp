// SPDX-License-Identifier: Apache-2.0
#include "http/report/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

// Texts that the checker itself must reject: otherwise it would prove nothing.
TEST(JsonCheck, IsStrict) {
  for (const char* good :
       {"{}", "[1,-2.5,0]", R"({"a":[{"b":"x\"y\u001f"}],"c":null})", " true "}) {
    EXPECT_TRUE(JsonCheck(good).valid()) << good;
  }
  for (const char* bad :
       {"", "{", "[1,]", "{,}", "{\"a\" 1}", "01", "nan", "-", "1.", "[1 2]", "{}}",
        "{\"a\":1,\"a\":2}", "\"\n\"", "\"\\x\"", "\"\\u00g0\"", "{'a':1}"}) {
    EXPECT_FALSE(JsonCheck(bad).valid()) << bad;
  }
}

TEST(Report, EveryKindBeginsAsItsOwn) {
  struct Case {
    const char* target;
    const char* fields;
    const char* beginning;
  };
  ShardWorld shard(calm_world(), named());
  shard.run_for(100ms);
  for (const auto& [target, fields, beginning] : {
           Case{"/api/v1/state", "", R"({"instance_id":)"},
           Case{"/state", "", R"({"ok":true,)"},
           Case{"/program.json", "", R"({"inputs":[)"},
           Case{"/metrics", "", "# HELP fanlight_"},
           Case{"/cameras", "", R"({"instance_id":)"},
           Case{"/cameras", "Accept: text/html\r\n", "<!doctype html>"},
           Case{"/cameras/cam/controls", "", R"({"controls":[)"},
       }) {
    const ParsedResponse response = ask(shard, get(target, fields));
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_TRUE(response.body.starts_with(beginning)) << target << ": " << response.body;
  }
}

// A Slab's memory costs nothing until it is touched.
TEST(Report, NoneTouchesThePagesOfItsCopies) {
  ShardWorld shard(calm_world(), named());
  for (const Report report : {Report::state, Report::ustreamer_state, Report::cameras_json,
                              Report::controls, Report::viewers_page}) {
    constexpr std::byte kUntouched{0x5a};
    std::vector<std::byte> place(sizeof(ReportBody), kUntouched);
    auto* body = new (place.data()) ReportBody(shard.shard.services(), report, 0, true);
    std::destroy_at(body);
    EXPECT_LT(place.size() - size_t(std::count(place.begin(), place.end(), kUntouched)), 1024u);
  }
}

TEST(Report, Http10GetsItWithoutChunksAndHeadWithoutABody) {
  ShardWorld shard(calm_world(), named());
  shard.run_for(100ms);
  RawClient old(shard);
  old.send("GET /api/v1/state HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  shard.run_for(100ms);
  ASSERT_TRUE(old.finished());
  EXPECT_EQ(old.text().find("Transfer-Encoding"), std::string::npos);
  EXPECT_TRUE(JsonCheck(old.responses()[0].body).valid());
  const std::string head = ask_text(shard, "HEAD /api/v1/state HTTP/1.1\r\nHost: sim\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

// Nothing is prepared ahead for a client that does not read: a later viewer is in its report.
TEST(Report, AClientThatStopsReadingStopsTheWork) {
  constexpr size_t kViewers = 200;
  ShardWorld shard(calm_world(0.01), named());
  for (size_t i = 0; i < kViewers; ++i) shard.world.add({.parse = false});
  shard.run_for(500ms);
  RawClient client(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
  client.set_reading(false);
  client.send(get("/api/v1/state"));
  shard.run_for(100ms);
  const uint64_t sent = shard.stats().bytes_sent.value();
  const size_t queued = shard.world.backend().network().kernel_bytes();
  EXPECT_LE(queued, 2u << 10);
  shard.run_for(500ms);
  EXPECT_EQ(shard.stats().bytes_sent.value(), sent);
  EXPECT_EQ(shard.world.backend().network().kernel_bytes(), queued);

  shard.world.add({.parse = false});
  shard.run_for(100ms);
  client.set_reading(true);
  ASSERT_TRUE(shard.run_until([&] { return client.answered(); }, 1s));
  const JsonCheck json(client.responses()[0].body);
  ASSERT_TRUE(json.valid());
  // The count was written before the later viewer connected.
  EXPECT_EQ(json.at("viewer_count"), std::to_string(kViewers));
  EXPECT_EQ(json.size("viewers"), kViewers + 1);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(Report, AClientThatLeavesInTheMiddleLeavesNothingBehind) {
  ShardWorld shard(calm_world(), named());
  for (int i = 0; i < 100; ++i) {
    RawClient client(shard, {.send_buffer = 256, .receive_window = 256});
    client.set_reading(false);
    client.send(get("/api/v1/state"));
    shard.run_for(Duration(i * 100'000));
    client.close();
    shard.run_for(10ms);
  }
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(ask(shard, get("/api/v1/state")).status, 200);  // none of the 64 places has leaked
}

constexpr SimLink kSlowReader{.send_buffer = 256, .receive_window = 256};

SimLink slow_reader_at(uint32_t address) {
  SimLink link = kSlowReader;
  link.peer = ipv4_peer(address);
  return link;
}

TEST(Report, AnAddressMayReadSixteenAtOnce) {
  ShardWorld shard(calm_world(), named());
  std::deque<RawClient> slow;
  for (size_t i = 0; i <= kBodiesPerAddress; ++i) {
    slow.emplace_back(shard, slow_reader_at(0xc0000207));
    if (i < kBodiesPerAddress) slow.back().set_reading(false);
    slow.back().send(get("/api/v1/state"));
  }
  shard.run_for(100ms);
  EXPECT_EQ(slow.back().responses().at(0).body,
            "503 Service Unavailable: too many concurrent reports to your address\n");
  EXPECT_EQ(slow.back().responses()[0].headers.at("retry-after"), "5");
  EXPECT_EQ(shard.stats().refused_bodies.value(), 1u);
  EXPECT_EQ(ask(shard, get("/metrics")).status, 200) << "another address";
  slow.front().set_reading(true);
  shard.run_for(100ms);
  slow.back().send(get("/metrics"));
  shard.run_for(100ms);
  EXPECT_EQ(slow.back().responses().back().status, 200);
}

// This machine may be a proxy, and a trusted proxy names its clients.
TEST(Report, AProxyMayReadMore) {
  ServerConfig config = named();
  config.trusted_proxies.emplace_back("192.0.2.0/24");
  ShardWorld shard(calm_world(), config);
  std::deque<RawClient> slow;
  for (const uint32_t peer : {0x7f000001u, 0xc0000207u}) {
    for (size_t i = 0; i < kBodiesPerAddress + 1; ++i) {
      slow.emplace_back(shard, slow_reader_at(peer)).set_reading(false);
      slow.back().send(get("/api/v1/state"));
    }
  }
  RawClient named_by_proxy(shard, {.peer = ipv4_peer(0xc0000208)});
  named_by_proxy.send(get("/metrics", "X-Forwarded-For: 203.0.113.1\r\n"));
  shard.run_for(100ms);
  EXPECT_EQ(shard.stats().refused_bodies.value(), 0u);
  EXPECT_EQ(named_by_proxy.status(), 200);
  for (size_t i = 0; i < kBodiesPerAddress; ++i) {
    slow.emplace_back(shard, slow_reader_at(0xc0000207)).set_reading(false);
    slow.back().send(get("/api/v1/state", "X-Forwarded-For: 203.0.113.1\r\n"));
  }
  shard.run_for(100ms);
  named_by_proxy.send(get("/metrics", "X-Forwarded-For: 203.0.113.1\r\n"));
  shard.run_for(100ms);
  EXPECT_EQ(named_by_proxy.responses().back().status, 503);
}

TEST(Report, AClientThatTakesNoByteForTheStallTimeoutIsClosed) {
  ServerConfig config = named();
  config.viewer_stall_timeout = 5s;
  ShardWorld shard(calm_world(), config);
  RawClient stalled(shard, slow_reader_at(0xc0000207));
  stalled.set_reading(false);
  stalled.send(get("/api/v1/state"));
  shard.run_for(4900ms);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 0u);
  shard.run_for(1100ms);
  EXPECT_EQ(shard.stats().evicted_stalled.value(), 1u);
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
  EXPECT_EQ(shard.state.admission.addresses(), 0u);
}

TEST(Report, NoMoreThan64AreReadAtOnce) {
  ShardWorld shard(calm_world(), named());
  std::deque<RawClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.emplace_back(shard, SimLink{.send_buffer = 256, .receive_window = 256});
    slow.back().set_reading(false);
    slow.back().send(get("/api/v1/state"));
  }
  shard.run_for(100ms);
  const ParsedResponse refused = ask(shard, get("/metrics"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_EQ(refused.body, "503 Service Unavailable: too many concurrent reports\n");
  EXPECT_EQ(shard.stats().refused_bodies.value(), 1u);
  EXPECT_EQ(ask(shard, get("/healthz")).status, 200);
  slow.front().close();
  shard.run_for(10ms);
  EXPECT_EQ(ask(shard, get("/metrics")).status, 200);
}

}  // namespace
}  // namespace fanlight
