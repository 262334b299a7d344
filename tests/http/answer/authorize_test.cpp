// SPDX-License-Identifier: Apache-2.0
#include "http/answer/authorize.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "tests/http/auth_world.h"
#include "tests/http/json_check.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {
namespace {

TEST(Authorize, AsksForAPassword) {
  AuthWorld shard;
  for (const char* target : {"/", "/stream", "/snapshot", "/ws", "/cameras", "/state", "/none",
                             "/api/v1/state", "/api/v1/summary", "/metrics", "/viewers",
                             "/cameras/cam/controls", "/?action=command", "/stock-table"}) {
    const ParsedResponse response = shard.ask(get(target));
    EXPECT_EQ(response.status, 401) << target;
    EXPECT_EQ(response.headers.at("www-authenticate"),
              "Basic realm=\"Fanlight\", charset=\"UTF-8\"");
    EXPECT_EQ(response.body, "401 Unauthorized: a user name and a password are needed\n");
  }
  EXPECT_EQ(shard.ask(get("/snapshot", "Authorization: Bearer x\r\n")).body,
            "401 Unauthorized: the credentials are malformed, or not Basic\n");
  EXPECT_EQ(shard.ask(get("/snapshot", kAnna + kAnna)).status, 400);
  EXPECT_EQ(shard.stats().login_wrong.value(), 0u) << "none was tried";
}

TEST(Authorize, WhatIsOpenToAll) {
  AuthWorld shard;
  for (const char* target : {"/healthz", "/readyz", "/favicon.ico", "/viewer.js"}) {
    EXPECT_EQ(shard.status(target), 200) << target;
  }
  EXPECT_EQ(shard.ask("OPTIONS /stream HTTP/1.1\r\nHost: sim\r\n\r\n").status, 204)
      << "a preflight request has no credentials";
}

TEST(Authorize, APasswordIsVerifiedOnce) {
  AuthWorld shard;
  RawClient client(shard);
  client.send(get("/snapshot", kAnna));
  shard.run_for(100ms);
  EXPECT_EQ(client.status(), 0) << "it waits";
  EXPECT_EQ(shard.verify(), 1u);
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 200);
  client.send(get("/snapshot", kAnna));
  shard.run_for(10ms);
  EXPECT_EQ(client.responses().size(), 2u) << "at once";
  EXPECT_EQ(client.status(), 200);
  shard.set_users();  // a reload
  client.send(get("/snapshot", kAnna));
  shard.run_for(10ms);
  EXPECT_EQ(client.responses().size(), 2u);
  EXPECT_EQ(shard.verify(), 1u) << "again";
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 200);
}

TEST(Authorize, WrongPasswords) {
  AuthWorld shard;
  for (const std::string& wrong : {kWrong, kUnknown}) {
    const ParsedResponse response = shard.ask(get("/snapshot", wrong));
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.body, "401 Unauthorized: wrong user name or password\n");
  }
  EXPECT_EQ(shard.stats().login_wrong.value(), 2u);
}

TEST(Authorize, ManyWrongOnesAreSlowedDown) {
  AuthWorld shard;
  EXPECT_EQ(shard.status("/snapshot", kAnna), 200);
  for (uint32_t i = 0; i < LoginFailures::kFree; ++i) {
    EXPECT_EQ(shard.status("/snapshot", kWrong), 401) << i;
  }
  const ParsedResponse response = shard.ask(get("/snapshot", kWrong));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
  EXPECT_EQ(response.body, "429 Too Many Requests: too many failed logins from your address\n");
  EXPECT_EQ(shard.stats().login_waiting.value(), 1u);
  EXPECT_EQ(shard.status("/snapshot", kAnna), 200) << "remembered";
  EXPECT_EQ(shard.status("/snapshot", kBob), 429) << "whoever it is";
  const PeerAddress other = parse_address("192.0.2.8").value();
  EXPECT_EQ(shard.ask(get("/cameras/cam-1/state", kBob), other).status, 200);
  shard.run_for(1s);
  EXPECT_EQ(shard.status("/snapshot", kWrong), 401);
  EXPECT_EQ(shard.ask(get("/snapshot", kWrong)).headers["retry-after"], "2");
}

// Each user, and what the targets are answered.
TEST(Authorize, Rights) {
  ServerConfig config;
  config.allow_control = true;
  AuthWorld shard(config);
  struct Row {
    std::string target;
    int anna, bob, monitor, nobody;
  };
  for (const Row& row : {
           Row{"/", 200, 403, 403, 403},
           Row{"/cameras/cam-1", 200, 200, 403, 403},
           Row{"/snapshot", 200, 403, 403, 403},
           Row{"/cameras/cam-1/snapshot", 200, 403, 403, 403},
           // No camera has a history here: whoever has the right learns that.
           Row{"/snapshot?at=0s", 404, 403, 403, 403},
           Row{"/cameras/cam-1/snapshot?at=0s", 404, 403, 403, 403},
           Row{"/stream?from=0s", 404, 403, 403, 403},
           Row{"/cameras/cam-1/stream?from=0s", 404, 404, 403, 403},
           Row{"/clip.mjpeg", 404, 403, 403, 403},
           Row{"/cameras/cam-1/clip.mjpeg", 404, 404, 403, 403},
           Row{"/cameras", 200, 200, 200, 403},
           Row{"/api/v1/summary", 200, 200, 200, 403},
           Row{"/api/v1/state", 200, 403, 200, 403},
           Row{"/program.json", 200, 403, 200, 403},
           Row{"/state", 200, 403, 200, 403},
           Row{"/cameras/cam-1/state", 200, 200, 200, 403},
           Row{"/cameras/cam/controls", 200, 403, 200, 403},
           Row{"/cameras/cam-1/controls", 200, 200, 200, 403},
           Row{"/metrics", 403, 403, 200, 403},
           Row{"/viewers", 403, 403, 200, 403},
           Row{"/?action=command", 403, 403, 403, 403},
           Row{"/none", 404, 404, 404, 403},
       }) {
    EXPECT_EQ(shard.status(row.target, kAnna), row.anna) << row.target;
    EXPECT_EQ(shard.status(row.target, kBob), row.bob) << row.target;
    EXPECT_EQ(shard.status(row.target, kMonitor), row.monitor) << row.target;
    EXPECT_EQ(shard.status(row.target, kNobody), row.nobody) << row.target;
  }
  const auto patch = [&](const std::string& camera, const std::string& user) {
    return shard
        .ask("PATCH /cameras/" + camera +
             "/controls HTTP/1.1\r\nHost: sim\r\nContent-Length: 2\r\n" +
             "Content-Type: application/json\r\n" + user + "\r\n{}")
        .status;
  };
  EXPECT_EQ(patch("cam", kAnna), 403);
  EXPECT_EQ(patch("cam", kBob), 403);
  EXPECT_EQ(patch("cam-1", kBob), 503) << "this camera has no panel";
  EXPECT_GT(shard.stats().login_forbidden.value(), 10u);
}

TEST(Authorize, AMissingRightIsNamed) {
  AuthWorld shard;
  EXPECT_EQ(shard.ask(get("/snapshot", kBob)).body,
            "403 Forbidden: the right to take snapshots of this camera is missing\n");
  EXPECT_EQ(shard.ask(get("/metrics", kAnna)).body,
            "403 Forbidden: the right to see the state is missing\n");
}

TEST(Authorize, ListsLeaveOutOtherCameras) {
  AuthWorld shard;
  for (const char* target : {"/cameras", "/api/v1/summary"}) {
    const std::string all = shard.ask(get(target, kAnna)).body;
    EXPECT_NE(all.find("\"name\":\"cam\""), all.npos) << all;
    const std::string some = shard.ask(get(target, kBob)).body;
    EXPECT_EQ(some.find("\"name\":\"cam\""), some.npos) << some;
    EXPECT_NE(some.find("\"name\":\"cam-1\""), some.npos) << some;
    EXPECT_TRUE(JsonCheck(some).valid()) << some;
  }
  const std::string page = shard.ask(get("/cameras", kBob + "Accept: text/html\r\n")).body;
  EXPECT_EQ(page.find("data-name=\"cam\""), page.npos);
  EXPECT_NE(page.find("data-name=\"cam-1\""), page.npos);
}

TEST(Authorize, WhoMaySeeTheStateSeesAll) {
  AuthWorld shard;
  EXPECT_EQ(JsonCheck(shard.ask(get("/api/v1/state", kMonitor)).body).at("view"), "whole");
  EXPECT_EQ(JsonCheck(shard.ask(get("/api/v1/state", kAnna)).body).at("view"), "viewer");
}

TEST(Authorize, WebSockets) {
  AuthWorld shard;
  const auto open = [&](const std::string& target, const std::string& fields) {
    std::string request = web_socket_request(target);
    request.insert(request.size() - 2, fields);
    return shard.ask(request).status;
  };
  EXPECT_EQ(open("/ws", ""), 401);
  EXPECT_EQ(open("/ws", kAnna), 101);
  EXPECT_EQ(open("/ws", kBob), 403);
  EXPECT_EQ(open("/ws?cameras=cam-1", kBob), 101);
  EXPECT_EQ(open("/ws?cameras=cam-1,cam", kBob), 403);
  EXPECT_EQ(open("/ws?cameras=*", kBob), 101) << "all that he may watch";
  EXPECT_EQ(open("/ws?cameras=*", kMonitor), 403);
  EXPECT_EQ(open("/ws?" + shard.link(60), ""), 101);
  EXPECT_EQ(open("/ws?cameras=cam-1&" + shard.link(60), ""), 403);
  EXPECT_EQ(open("/ws?cameras=*&" + shard.link(60), ""), 101);
}

// ---- signed links ----

TEST(Authorize, Links) {
  AuthWorld shard;
  const std::string good = shard.link(60);
  EXPECT_EQ(shard.status("/snapshot?" + good), 200);
  EXPECT_EQ(shard.status("/cameras/cam/snapshot?" + good), 200);
  EXPECT_EQ(shard.status("/cameras/cam-1/snapshot?" + shard.link(60, "cam-1")), 200);
  EXPECT_EQ(shard.status("/?action=snapshot&" + good), 200);
  const std::string shared_limit = shard.link(60, "cam", "5");
  EXPECT_EQ(shard.status("/clip.mjpeg?" + good), 404) << "there is no history, but it may";
  const std::string start = "403 Forbidden: ";
  const std::map<std::string, std::string> refused = {
      {"/snapshot?" + good + "x", "the link is not complete: exp, cam and sig are expected"},
      {"/snapshot?cam=cam&sig=x", "the link is not complete: exp, cam and sig are expected"},
      {"/snapshot?x" + good, "the link is not complete: exp, cam and sig are expected"},
      {"/snapshot?" + good + "&sig=", "exp, cam and sig may be given only once"},
      {"/cameras/cam-1/snapshot?" + good, "the link is for another camera"},
      {"/snapshot?" + shard.link(60, "gone"), "the link is for another camera"},
      {"/snapshot?" + shard.link(-1), "the link has expired"},
      {"/metrics?" + good,
       "a signed link is for streams, snapshots, clips, WebSockets and frames by number only"},
      {"/?" + good,
       "a signed link is for streams, snapshots, clips, WebSockets and frames by number only"},
      {"/cameras/cam/frames/next?" + shared_limit,
       "a link that limits the rate is not for frames by number"},
      {"/stream?fps=6&" + shard.link(60, "cam", "5"),
       "fps: the link allows at most 5 pictures a second"},
  };
  for (const auto& [target, words] : refused) {
    const ParsedResponse response = shard.ask(get(target));
    EXPECT_EQ(response.status, 403) << target;
    EXPECT_EQ(response.body, start + words + "\n") << target;
  }
  EXPECT_EQ(shard.stats().login_link.value(), refused.size());
  std::string other = good;
  other.back() = other.back() == 'A' ? 'E' : 'A';
  EXPECT_EQ(shard.ask(get("/snapshot?" + other)).body,
            start + "the link is not valid: its signature does not match exp and cam\n");
}

// Whoever has the link may fetch what the redirect leads to, and a cache may keep it as long as the
// link lasts.
TEST(Authorize, FramesByNumberKeepTheirLink) {
  AuthWorld shard;
  const std::string frames = "/cameras/cam/frames/", link = shard.link(60);
  const ParsedResponse next = shard.ask(get(frames + "next?" + link));
  EXPECT_EQ(next.status, 302);
  EXPECT_EQ(next.headers.at("cache-control"), "public, max-age=1");
  const std::string location = next.headers.at("location");
  EXPECT_TRUE(location.ends_with("&" + link)) << location;
  const ParsedResponse frame = shard.ask(get(frames + location));
  EXPECT_EQ(frame.status, 200);
  EXPECT_EQ(frame.headers.at("cache-control"), "public, max-age=59");
  EXPECT_NE(shard.ask(get(frames + "latest.json?" + link)).body.find("&" + link),
            std::string::npos);
  EXPECT_EQ(shard.status(frames + location.substr(0, location.find('&'))), 401);
  // A user's are the user's own.
  const ParsedResponse own = shard.ask(get(frames + "next", kAnna));
  EXPECT_EQ(own.headers.at("cache-control"), "private, max-age=1");
  EXPECT_EQ(own.headers.at("location").find("sig"), std::string::npos);
  EXPECT_EQ(shard.ask(get(frames + own.headers.at("location"), kAnna)).headers.at("cache-control"),
            "private, max-age=31536000, immutable");
}

TEST(Authorize, BothKeysOpenLinks) {
  AuthWorld shard;
  LinkKeys older;
  ASSERT_FALSE(older.parse(kOlderKey));
  const std::string query = older.sign(shard.now_in_seconds() + 60, "cam", "");
  EXPECT_EQ(shard.status("/snapshot?" + query), 200);
  LinkKeys newer;
  ASSERT_FALSE(newer.parse(kLinkKey));
  shard.auth.set_keys(std::move(newer));
  EXPECT_EQ(shard.status("/snapshot?" + query), 403);
  shard.auth.set_keys({});
  EXPECT_EQ(shard.status("/snapshot?" + query), 401) << "without keys, links mean nothing";
}

TEST(Authorize, OnlyLinks) {
  AuthWorld shard({}, false);
  EXPECT_EQ(shard.status("/snapshot?" + shard.link(60)), 200);
  for (const std::string& fields : {std::string(), kAnna}) {
    const ParsedResponse response = shard.ask(get("/snapshot", fields));
    EXPECT_EQ(response.body, "403 Forbidden: only signed links are accepted here\n");
    EXPECT_FALSE(response.headers.contains("www-authenticate")) << "no one could log in";
  }
}

// ---- this machine ----

TEST(Authorize, ClientsOfThisMachineOnListenersOfTheirOwn) {
  ServerConfig config;
  EXPECT_EQ(AuthWorld(config).ask(local_get("/snapshot"), kThisMachine).status, 401)
      << "by a listener for all";
  AuthWorld shard(config, true, true);
  EXPECT_EQ(shard.ask(local_get("/snapshot"), kThisMachine).status, 200);
  EXPECT_EQ(shard.ask(local_get("/viewers"), kThisMachine).status, 200);
  EXPECT_EQ(shard.ask(local_get("/snapshot", "Via: 1.1 proxy\r\n"), kThisMachine).status, 401);
  EXPECT_EQ(shard.ask(local_get("/snapshot", "", "cam.local"), kThisMachine).status, 401);
  EXPECT_EQ(shard.ask(local_get("/snapshot", "", "localhost", "1.0"), kThisMachine).status, 401)
      << "may be a proxy's";
  config.auth_loopback = true;
  EXPECT_EQ(AuthWorld(config, true, true).ask(local_get("/snapshot"), kThisMachine).status, 401);
}

TEST(Authorize, ClientsOfATrustedProxyAreAsked) {
  ServerConfig config;
  config.trusted_proxies.emplace_back("127.0.0.1");
  AuthWorld shard(config, true, true);
  EXPECT_EQ(shard.ask(local_get("/snapshot"), kThisMachine).status, 401);
  const std::string from = "X-Forwarded-For: 198.51.100.1\r\n";
  EXPECT_EQ(shard.ask(local_get("/snapshot", from + kAnna), kThisMachine).status, 200);
}

}  // namespace
}  // namespace fanlight
