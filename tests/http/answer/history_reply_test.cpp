// SPDX-License-Identifier: Apache-2.0
#include "http/answer/history_reply.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/delivery/replay_places.h"
#include "tests/http/history_world.h"

namespace fanlight {
namespace {

ParsedResponse head(ShardWorld& shard, const std::string& target) {
  return ask(shard, "HEAD " + target + " HTTP/1.1\r\nHost: sim\r\n\r\n");
}

// ---- /snapshot?at= ----

TEST(PastSnapshot, IsWhatWasShownThen) {
  ShardWorld shard(history_world());
  shard.run_for(20'050ms);
  for (const auto& [at, ago] : {std::pair("-2.5s", 2500ms),
                                {"-0", 0ms},
                                {"0s", 0ms},
                                {"-19.9", 19'900ms},
                                {"-0.125s", 125ms}}) {
    const uint64_t sequence = shown(shard, ago);
    const ParsedResponse answer = ask(shard, get(std::string("/snapshot?at=") + at));
    ASSERT_EQ(answer.status, 200) << at;
    EXPECT_EQ(answer.headers.at("x-sequence"), std::to_string(sequence)) << at;
    EXPECT_EQ(answer.headers.at("content-type"), "image/jpeg");
    EXPECT_EQ(answer.headers.at("cache-control"), "no-cache");
    expect_picture(answer.body, sequence);
    EXPECT_EQ(ask(shard, get(std::string("/cameras/cam/snapshot?at=") + at)).body, answer.body);
  }
  expect_nothing_left(shard);
}

TEST(PastSnapshot, HasTheConditionsOfASnapshot) {
  ShardWorld shard(history_world());
  shard.run_for(5'050ms);
  const std::string answer = ask_text(shard, get("/snapshot?at=-2s"));
  const size_t end = answer.find("\r\n\r\n") + 4;
  EXPECT_EQ(ask_text(shard, "HEAD /snapshot?at=-2s HTTP/1.1\r\nHost: sim\r\n\r\n"),
            answer.substr(0, end));
  const std::string tag = ask(shard, get("/snapshot?at=-2s")).headers.at("etag");
  EXPECT_EQ(ask(shard, get("/snapshot?at=-2s", "If-None-Match: " + tag + "\r\n")).status, 304);
  EXPECT_EQ(ask(shard, get("/snapshot?at=-2s", "If-Match: \"0-0\"\r\n")).status, 412);
  EXPECT_EQ(ask(shard, get("/snapshot?at=-3s", "If-None-Match: " + tag + "\r\n")).status, 200);
  EXPECT_EQ(shard.shard.services().replays.used(), 0u);
  expect_nothing_left(shard);
}

TEST(PastSnapshot, BeforeTheHistoryThereIsNone) {
  ShardWorld shard(history_world());
  shard.run_for(5'050ms);
  const ParsedResponse answer = ask(shard, get("/snapshot?at=-60s"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body,
            "404 Not Found: at: -60.000s is before the history, which reaches from -5.050s to "
            "-0.050s\n");
  EXPECT_EQ(ask(shard, get("/snapshot?at=-1000000")).status, 404);
  ShardWorld forgetful(history_world(2s));
  forgetful.run_for(20'050ms);
  EXPECT_EQ(ask(forgetful, get("/snapshot?at=-2s")).status, 200) << "never less than its length";
  EXPECT_EQ(ask(forgetful, get("/snapshot?at=-6s")).status, 404);
}

TEST(PastSnapshot, WithoutAHistoryThereIsNone) {
  ShardWorld none(calm_world());
  none.run_for(50ms);
  for (const char* target : {"/snapshot?at=0s", "/stream?from=0s", "/clip.mjpeg"}) {
    const ParsedResponse answer = ask(none, get(target));
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_EQ(answer.body, "404 Not Found: this camera has no history (--history)\n");
  }
  SimWorldConfig config = history_world();
  config.camera.drop = 1;  // no frame is ever published
  ShardWorld empty(config);
  for (const char* target : {"/snapshot?at=0s", "/stream?from=0s", "/clip.mjpeg"}) {
    const ParsedResponse answer = ask(empty, get(target));
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_EQ(answer.body, "404 Not Found: the history has no frame yet\n");
  }
}

TEST(PastSnapshot, MomentsThatAreNone) {
  ShardWorld shard(history_world());
  shard.run_for(1s);
  for (const char* query : {"at=", "at", "at=1s", "at=0.1", "at=now", "at=-1m", "at=nan", "at=-inf",
                            "at=--1", "at=-1e9", "at=-1s&at=-1s", "at=-1ss"}) {
    const ParsedResponse answer = ask(shard, get(std::string("/snapshot?") + query));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.body,
              "400 Bad Request: at: must be seconds before now, as -2.5s, given once\n");
  }
  EXPECT_EQ(ask(shard, get("/stream?from=5s")).status, 400);
  EXPECT_EQ(ask(shard, get("/clip.mjpeg?to=5s")).status, 400);
}

TEST(PastSnapshot, WallClockThatJumpsMovesNothing) {
  ShardWorld shard(history_world());
  shard.run_for(5'050ms);
  const std::string before = ask(shard, get("/snapshot?at=-3s")).headers.at("x-sequence");
  shard.world.backend().set_wall_clock(WallTime(1'000'000s));
  EXPECT_EQ(ask(shard, get("/snapshot?at=-3s")).headers.at("x-sequence"), before);
  shard.world.backend().set_wall_clock(WallTime(4'000'000'000s));
  EXPECT_EQ(ask(shard, get("/snapshot?at=-3s")).headers.at("x-sequence"), before);
  shard.run_for(5s);
  EXPECT_EQ(ask(shard, get("/snapshot?at=-8s")).headers.at("x-sequence"), before);
}

TEST(PastSnapshot, SlateOfThatTimeIsMarked) {
  SimWorldConfig config = history_world();
  config.camera.lost_at = 2s;
  config.camera.lost_for = 2s;
  ShardWorld shard(config);
  shard.run_for(8'050ms);
  const ParsedResponse slate = ask(shard, get("/snapshot?at=-5s"));
  EXPECT_EQ(slate.status, 200) << "it was shown then";
  EXPECT_EQ(slate.headers.at("x-slate"), "camera lost: simulated");
  EXPECT_FALSE(ask(shard, get("/snapshot?at=-7s")).headers.contains("x-slate"));
}

// ---- /clip.mjpeg ----

// Owns: a client that has taken a clip. Thread: one.
struct Clip {
  Clip(ShardWorld& shard, const std::string& target) : client(shard) {
    client.send(get(target));
    EXPECT_TRUE(shard.run_until([&] { return client.finished(); }, 10s));
    EXPECT_EQ(client.violation(), "");
    EXPECT_TRUE(client.stream().closed);
    headers = client.responses().front().headers;
    EXPECT_EQ(headers.at("content-length"), std::to_string(body_bytes()));
    EXPECT_EQ(headers.at("x-frames"), std::to_string(client.stream().frames));
  }
  size_t body_bytes() const { return client.text().size() - (client.text().find("\r\n\r\n") + 4); }
  const ParsedStream& stream() const { return client.stream(); }

  RawClient client;
  std::map<std::string, std::string> headers = {};
};

TEST(Clip, HasEveryFrameOfItsTime) {
  ShardWorld shard(history_world());
  shard.run_for(20'050ms);
  const uint64_t first = shown(shard, 10s);
  const uint64_t last = shown(shard, 5s);
  const std::string target = "/cameras/cam/clip.mjpeg?from=-10s&to=-5s";
  const ParsedResponse asked = head(shard, target);
  const Clip clip(shard, target);
  EXPECT_EQ(asked.headers, clip.headers);
  EXPECT_EQ(clip.headers.at("content-type"),
            "multipart/x-mixed-replace; boundary=boundarydonotcross");
  EXPECT_EQ(clip.headers.at("connection"), "close");
  EXPECT_EQ(clip.stream().first_sequence, first);
  EXPECT_EQ(clip.stream().last_sequence, last);
  EXPECT_EQ(clip.stream().frames, last - first + 1);
  EXPECT_EQ(clip.stream().gaps + clip.stream().repeats, 0u);
  expect_nothing_left(shard);
}

TEST(Clip, IsNamedByItsCameraAndItsTime) {
  SimWorldConfig config = history_world();
  config.wall_clock = WallTime(784'111'777s);  // 1994-11-06 08:49:37
  ShardWorld shard(config);
  shard.run_for(5'050ms);
  const Clip clip(shard, "/clip.mjpeg?from=-4s&to=-4s");
  EXPECT_EQ(clip.headers.at("content-disposition"),
            "attachment; filename=\"cam-19941106T084938Z.mjpeg\"");
  EXPECT_EQ(clip.headers.at("x-timestamp"), "784111778.000000");
  EXPECT_EQ(clip.stream().frames, 1u) << "there is always what was shown";
}

TEST(Clip, WithoutTimesIsAllThereIs) {
  ShardWorld shard(history_world(2s));
  shard.run_for(10'050ms);
  const uint64_t frames = shard.world.history()->frames();
  EXPECT_EQ(Clip(shard, "/clip.mjpeg").stream().frames, frames);
}

TEST(Clip, HasFewerFramesIfSoWished) {
  ShardWorld shard(history_world());
  shard.run_for(20'050ms);
  const uint64_t first = shown(shard, 10s);
  const Clip clip(shard, "/clip.mjpeg?from=-10s&fps=2");
  EXPECT_EQ(clip.stream().frames, 21u);
  EXPECT_EQ(clip.stream().first_sequence, first);
  EXPECT_EQ(clip.stream().gaps, 20u * 4) << "every fifth";
}

// A picture that was captured before the request, and published behind it, is not in the size.
TEST(Clip, EndsWithWhatThereWas) {
  SimWorldConfig config = history_world();
  config.camera.encode_max = 300ms;
  ShardWorld shard(config);
  shard.run_for(2s);
  for (int i = 0; i < 40; ++i) {
    shard.run_for(377ms);
    Clip(shard, "/clip.mjpeg?from=-0.5s");
  }
}

TEST(Clip, SlatesAreInIt) {
  SimWorldConfig config = history_world();
  config.camera.lost_at = 2s;
  config.camera.lost_for = 2s;
  ShardWorld shard(config);
  shard.run_for(8'050ms);
  EXPECT_GE(Clip(shard, "/clip.mjpeg").stream().slates, 2u);
}

TEST(Clip, TimesThatAreNone) {
  ShardWorld shard(history_world());
  shard.run_for(5'050ms);
  EXPECT_EQ(ask(shard, get("/clip.mjpeg?from=-1s&to=-2s")).body,
            "400 Bad Request: from: must be before to\n");
  const ParsedResponse early = ask(shard, get("/clip.mjpeg?from=-60s&to=-50s"));
  EXPECT_EQ(early.status, 404);
  EXPECT_NE(early.body.find("which reaches from -5.050s to -0.050s"), std::string::npos);
  for (const char* target :
       {"/clip.mjpeg?from=-60s", "/clip.mjpeg?to=-60s", "/stream?from=-60s"}) {
    EXPECT_EQ(head(shard, target).status, 404) << target;
    EXPECT_EQ(ask(shard, get(target)).status, 404) << target;
  }
  EXPECT_EQ(ask(shard, get("/clip.mjpeg?rung=1")).status, 400);
}

// A client that takes far longer than the history is.
TEST(Clip, WaitsForASlowClient) {
  ShardWorld shard(history_world(5s));
  shard.run_for(8s);
  const uint64_t first = shown(shard, 5s);
  const uint64_t last = shown(shard, 0s);
  SimViewer& viewer = shard.world.add({.request = get("/clip.mjpeg?from=-5s"),
                                       .read_rate = 3'000,
                                       .link = {.send_buffer = 4096, .receive_window = 4096}});
  EXPECT_TRUE(shard.run_until([&] { return viewer.end() == SimEnd::finished; }, 120s));
  EXPECT_TRUE(viewer.stream().closed);
  EXPECT_EQ(viewer.stream().frames, last - first + 1);
  EXPECT_EQ(viewer.stream().gaps, 0u);
  expect_nothing_left(shard);
}

TEST(Clip, EndsByAResetIfMemoryIsShort) {
  SimWorldConfig config = history_world(5s);
  config.history->memory_max = 128 << 10;
  ShardWorld shard(config);
  shard.run_for(8s);
  SimViewer& viewer = shard.world.add({.request = get("/clip.mjpeg"),
                                       .read_rate = 200,
                                       .link = {.send_buffer = 4096, .receive_window = 4096}});
  EXPECT_TRUE(shard.run_until([&] { return viewer.end() == SimEnd::reset; }, 600s))
      << "it must not look complete";
  EXPECT_FALSE(viewer.stream().closed);
  expect_nothing_left(shard);
}

TEST(Clip, EndsByAResetWhenTheServerStops) {
  ShardWorld shard(history_world());
  shard.run_for(20s);
  SimViewer& viewer = shard.world.add({.request = get("/clip.mjpeg"),
                                       .read_rate = 10'000,
                                       .link = {.send_buffer = 4096, .receive_window = 4096}});
  shard.run_for(2s);
  expect_nothing_left(shard);
  EXPECT_EQ(viewer.end(), SimEnd::reset);
  EXPECT_FALSE(viewer.stream().closed);
}

// ---- limits ----

PeerAddress host(unsigned number) {
  return parse_address("192.0.2." + std::to_string(number)).value();
}

std::unique_ptr<RawClient> replay_for(ShardWorld& shard, unsigned number) {
  SimLink link;
  link.peer = host(number);
  auto client = std::make_unique<RawClient>(shard, link);
  client->send(get("/stream?from=-9s"));
  return client;
}

TEST(HistoryLimits, AnAddressHasItsShareOfReplays) {
  ShardWorld shard(history_world());
  shard.run_for(10s);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < kBodiesPerAddress; ++i) {
    clients.push_back(replay_for(shard, 1));
  }
  shard.run_for(100ms);
  EXPECT_EQ(shard.shard.services().replays.used(), kBodiesPerAddress);
  for (const char* target : {"/stream?from=-1s", "/snapshot?at=-1s", "/clip.mjpeg?from=-1s"}) {
    const ParsedResponse refused = ask_from(shard, host(1), get(target));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body,
              "503 Service Unavailable: too many concurrent replays to your address\n");
    EXPECT_EQ(refused.headers.at("retry-after"), "5");
  }
  EXPECT_EQ(shard.stats().refused_bodies.value(), 3u);
  EXPECT_EQ(shard.state.admission.viewers(), kBodiesPerAddress) << "the refused left their places";
  EXPECT_EQ(ask_from(shard, host(2), get("/snapshot?at=-1s")).status, 200);
  shard.run_for(10s);
  EXPECT_EQ(shard.shard.services().replays.used(), 0u) << "they are live now";
  EXPECT_EQ(ask_from(shard, host(1), get("/snapshot?at=-1s")).status, 200);
  clients.clear();
  expect_nothing_left(shard);
}

TEST(HistoryLimits, AShardHasSoManyReplays) {
  ShardWorld shard(history_world());
  shard.run_for(10s);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (unsigned i = 0; i < ReplayPlaces::kMax; ++i) {
    clients.push_back(replay_for(shard, 1 + i / 8));
  }
  shard.run_for(100ms);
  EXPECT_EQ(shard.shard.services().replays.used(), ReplayPlaces::kMax);
  const ParsedResponse refused = ask_from(shard, host(99), get("/snapshot?at=-1s"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "503 Service Unavailable: too many concurrent replays\n");
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  clients.clear();
  expect_nothing_left(shard);
}

}  // namespace
}  // namespace fanlight
