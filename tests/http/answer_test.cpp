// SPDX-License-Identifier: Apache-2.0
#include "http/answer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/test_picture.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

// The clocks are set so that every head is known to the byte: the example of RFC 9110.
constexpr int64_t kUnixSeconds = 784'111'777;
const std::string kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
const std::string kEtag = "\"1-2c9253feeaa40\"";
constexpr size_t kFrameBytes = 5'000;

// A camera that gives a frame at once and the next one in `1 / fps`.
class World : public ShardWorld {
 public:
  explicit World(double fps = 0.1, const ServerConfig& config = {}, bool idles = false,
                 double drop = 0)
      : ShardWorld(world_config(fps, idles, drop), config) {
    world.backend().set_wall_clock(WallTime(std::chrono::seconds(kUnixSeconds)));
    run_for(1ms);
  }

 private:
  static SimWorldConfig world_config(double fps, bool idles, double drop) {
    SimWorldConfig config;
    config.camera.fps = fps;
    config.camera.size_min = config.camera.size_max = kFrameBytes;
    config.camera.idles_unwatched = idles;
    config.camera.drop = drop;
    return config;
  }
};

std::string head_request(const std::string& target) {
  return "HEAD " + target + " HTTP/1.1\r\nHost: sim\r\n\r\n";
}

std::string head_of(const std::string& text) {
  return text.substr(0, text.find("\r\n\r\n") + 4);
}
std::string body_of(const std::string& text) {
  return text.substr(text.find("\r\n\r\n") + 4);
}

std::string stream_head(const std::string& boundary) {
  return "HTTP/1.1 200 OK\r\n" + kDate + "Connection: close\r\n" +
         "Content-Type: multipart/x-mixed-replace; boundary=" + boundary + "\r\n" +
         "Cache-Control: no-store, no-cache, must-revalidate, max-age=0\r\n"
         "Pragma: no-cache\r\nX-Accel-Buffering: no\r\n\r\n";
}

std::string picture(uint64_t sequence) {
  std::string bytes(kFrameBytes, '\0');
  write_test_picture(std::as_writable_bytes(std::span(bytes)), sequence);
  return bytes;
}

// Everything that a client of `request` receives before the second frame.
std::string first_bytes(World& shard, const std::string& request) {
  RawClient client(shard);
  client.send(request);
  shard.run_for(10ms);
  return client.text();
}

TEST(Answer, StreamByteForByteInAllForms) {
  World shard;
  const std::string part_head =
      "Content-Type: image/jpeg\r\nContent-Length: 5000\r\nX-Timestamp: 784111777.000000\r\n"
      "X-Sequence: 1\r\n\r\n";
  const std::string next = "Content-Type: image/jpeg\r\n\r\n";
  for (const std::string boundary : {"boundarydonotcross", "frame"}) {
    const std::string path = boundary == "frame" ? "/video_feed" : "/stream";
    const std::string head = stream_head(boundary);
    const std::string delimiter = "--" + boundary + "\r\n";
    const std::string plain = head + delimiter + part_head + picture(1) + "\r\n" + delimiter;
    const std::string advance = head + delimiter + next + picture(1) + "\r\n" + delimiter + next;
    EXPECT_EQ(first_bytes(shard, get(path)), plain);
    EXPECT_EQ(first_bytes(shard, get(path, "Accept: */*\r\n")), plain);
    EXPECT_EQ(first_bytes(shard, get(path + "?advance_headers=1")), advance);
    const std::string image = "Accept: image/avif,image/webp,*/*\r\n";
    EXPECT_EQ(first_bytes(shard, get(path, image)), advance);
    EXPECT_EQ(first_bytes(shard, get(path + "?advance_headers=0", image)), plain);
    EXPECT_EQ(ask_text(shard, head_request(path)), head);
    EXPECT_EQ(first_bytes(shard, get(path + "?frames=1")),
              head + delimiter + part_head + picture(1) + "\r\n--" + boundary + "--\r\n");
  }
  std::string old = first_bytes(shard, "GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.starts_with("HTTP/1.0 200 OK\r\n"));
}

TEST(Answer, SnapshotByteForByte) {
  World shard;
  const std::string fields = "ETag: " + kEtag + "\r\nCache-Control: no-cache\r\n" +
                             "X-Timestamp: 784111777.000000\r\nX-Sequence: 1\r\n";
  const std::string head = "HTTP/1.1 200 OK\r\n" + kDate + fields +
                           "Content-Type: image/jpeg\r\nContent-Length: 5000\r\n\r\n";
  const std::string unchanged = "HTTP/1.1 304 Not Modified\r\n" + kDate + fields + "\r\n";
  EXPECT_EQ(ask_text(shard, get("/snapshot")), head + picture(1));
  EXPECT_EQ(ask_text(shard, head_request("/snapshot")), head);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: " + kEtag + "\r\n")), unchanged);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: \"x\", W/" + kEtag + "\r\n")),
            unchanged);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: *\r\n")), unchanged);
  EXPECT_EQ(ask_text(shard, get("/snapshot", "If-None-Match: \"0-0\"\r\n")), head + picture(1));
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(Answer, RefusalsByteForByte) {
  World shard;
  const auto refusal = [](const std::string& status, const std::string& fields,
                          const std::string& text) {
    return "HTTP/1.1 " + status + "\r\n" + kDate + "Connection: close\r\n" + fields +
           "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\nCache-Control: no-store\r\n\r\n" + text;
  };
  const std::string allow = "Allow: GET, HEAD, OPTIONS\r\n";
  const std::string not_found =
      refusal("404 Not Found", "", "404 Not Found: there is nothing here\n");
  EXPECT_EQ(ask_text(shard, get("/nothing")), not_found);
  EXPECT_EQ(ask_text(shard, head_request("/nothing")), head_of(not_found));
  EXPECT_EQ(ask_text(shard, "POST /stream HTTP/1.1\r\nHost: sim\r\n\r\n"),
            refusal("405 Method Not Allowed", allow,
                    "405 Method Not Allowed: only GET, HEAD and OPTIONS are allowed\n"));
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"/stream?fps=x", "fps: a number above 0 and up to 1000 is expected"},
      {"/stream?frames=-1", "frames: a whole number above 0 is expected"},
      {"/stream?advance_headers=2", "advance_headers: 0 or 1 is expected"},
      {"/snapshot?max_delay=y", "max_delay: milliseconds from 0 to 3600000 are expected"},
  };
  for (const auto& [target, reason] : wrong) {
    EXPECT_EQ(ask_text(shard, get(target)),
              refusal("400 Bad Request", "", "400 Bad Request: " + reason + "\n"));
  }
  EXPECT_EQ(ask(shard, get("/healthz?fps=x")).status, 200);
  EXPECT_EQ(ask_text(shard, "OPTIONS * HTTP/1.1\r\nHost: sim\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\n" + kDate + allow + "\r\n");
}

TEST(Answer, CrossOriginFieldsWhenConfigured) {
  ServerConfig config;
  config.cors_origin = "https://example.org";
  World shard(0.1, config);
  for (const char* target : {"/stream?frames=1", "/snapshot", "/healthz", "/state", "/nothing"}) {
    const auto headers = ask(shard, get(target)).headers;
    ASSERT_EQ(headers.count("access-control-allow-origin"), 1u) << target;
    EXPECT_EQ(headers.at("access-control-allow-origin"), "https://example.org") << target;
  }
  EXPECT_EQ(ask_text(shard, "OPTIONS /stream HTTP/1.1\r\nHost: sim\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\n" + kDate +
                "Access-Control-Allow-Origin: https://example.org\r\n"
                "Allow: GET, HEAD, OPTIONS\r\nAccess-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
                "Access-Control-Allow-Headers: *\r\n\r\n");
}

TEST(Answer, EveryAnswerIsDated) {
  World shard;
  shard.run_for(1s);
  const std::string later = "Sun, 06 Nov 1994 08:49:38 GMT";
  const std::vector<std::string> requests = {
      get("/"),
      get("/cameras"),
      get("/stream?frames=1"),
      get("/snapshot"),
      get("/state"),
      get("/metrics"),
      get("/api/v1/state"),
      get("/healthz"),
      get("/readyz"),
      get("/nothing"),
      head_request("/metrics"),
      "nonsense\r\n\r\n",
      get("/snapshot", "If-None-Match: *\r\n"),
      "BREW / HTTP/1.1\r\nHost: sim\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: sim\r\n\r\n",
  };
  for (const std::string& request : requests) {
    const auto headers = ask(shard, request).headers;
    ASSERT_EQ(headers.count("date"), 1u) << request;
    EXPECT_EQ(headers.at("date"), later) << request;
  }
}

TEST(Answer, LostCameraGivesItsSlateAsTheBodyOf503) {
  SimWorldConfig config;
  config.camera.size_min = config.camera.size_max = kFrameBytes;
  config.camera.lost_at = Duration(0);
  config.camera.lost_for = 1min;
  ShardWorld shard(config);
  shard.world.backend().set_wall_clock(WallTime(std::chrono::seconds(kUnixSeconds)));
  shard.run_for(1ms);
  const std::string head = "HTTP/1.1 503 Service Unavailable\r\n" + kDate +
                           "Connection: close\r\nRetry-After: 5\r\nContent-Type: image/jpeg\r\n"
                           "X-Slate: simulated loss\r\nContent-Length: 5000\r\n"
                           "Cache-Control: no-store\r\n\r\n";
  EXPECT_EQ(ask_text(shard, get("/snapshot")), head + picture(1));
  EXPECT_EQ(ask_text(shard, get("/snapshot?max_delay=0")), head + picture(1));
  EXPECT_EQ(ask_text(shard, head_request("/snapshot")), head);
  const SimViewer& viewer = shard.world.add({});
  shard.run_for(100ms);
  EXPECT_EQ(viewer.stream().slates, 1u);
}

TEST(Answer, MaxDelayWaitsForAYoungerFrame) {
  World shard(1);
  shard.run_for(500ms);
  EXPECT_EQ(ask(shard, get("/snapshot?max_delay=600")).headers.at("x-sequence"), "1");
  RawClient next(shard);
  RawClient younger(shard);
  next.send(get("/snapshot?max_delay=0"));
  younger.send(get("/snapshot?max_delay=400"));
  shard.run_for(400ms);
  EXPECT_EQ(next.text(), "");
  EXPECT_EQ(younger.text(), "");
  EXPECT_EQ(shard.world.ring().watchers(), 2u);
  shard.run_for(200ms);
  ASSERT_TRUE(next.answered() && younger.answered());
  EXPECT_EQ(next.responses()[0].headers.at("x-sequence"), "2");
  EXPECT_EQ(next.responses()[0].body, picture(2));
  EXPECT_EQ(younger.responses()[0].headers.at("x-sequence"), "2");
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(Answer, IdleCameraIsStartedForASnapshot) {
  World shard(30, {}, true);
  const SimViewer& viewer = shard.world.add({.close_at = 1s});
  shard.run_for(60s);
  const uint64_t old = viewer.stream().last_sequence;
  ASSERT_GT(old, 0u);
  const ParsedResponse response = ask(shard, get("/snapshot"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("x-sequence"), std::to_string(old + 1));
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

TEST(Answer, SnapshotOfACameraThatDoesNotStartIsRefusedAfter5Seconds) {
  World shard(30, {}, true, 1.0);
  RawClient client(shard);
  client.send(get("/snapshot"));
  shard.run_for(4900ms);
  EXPECT_EQ(client.text(), "");
  shard.run_for(200ms);
  EXPECT_EQ(client.status(), 503);
  EXPECT_TRUE(client.finished());
  EXPECT_EQ(client.responses()[0].headers.at("retry-after"), "5");
  EXPECT_EQ(body_of(client.text()),
            "503 Service Unavailable: the camera gave no picture in time\n");
  EXPECT_EQ(shard.world.ring().watchers(), 0u);
}

}  // namespace
}  // namespace fanlight
