// SPDX-License-Identifier: Apache-2.0
#include "http/shard/access_record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/state/access_log.h"
#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

constexpr WallTime kTime{1'769'903'999'123'456us};  // 2026-01-31 23:59:59.123456

std::string line_of(const Request& request, std::string_view head = "HTTP/1.1 404 Not Found\r\n") {
  AccessRecord record(request, *parse_address("192.0.2.7"), Instant(1s), kTime, 1000);
  record.note_answer(Piece(head));
  record.note_answer(Piece("HTTP/1.1 200 OK\r\n"));  // of a later piece
  std::string room(AccessLog::kLineBytesMax, '\0');
  return std::string(record.write(Instant(2500ms), 1234, room));
}

TEST(AccessRecord, HasTheDocumentedKeys) {
  Request request;
  request.method_name = "GET";
  request.target = "/snapshot?x=1";
  request.user_agent = "curl/8";
  EXPECT_EQ(line_of(request),
            R"({"time":"2026-01-31T23:59:59.123Z","client":"192.0.2.7","method":"GET",)"
            R"("target":"/snapshot?x=1","status":404,"bytes":234,"duration":1.500,)"
            R"("user_agent":"curl/8"})");
}

TEST(AccessRecord, HasNoSignature) {
  Request request;
  request.target = "/stream?cam=a&sig=secret";
  const std::string line = line_of(request);
  EXPECT_NE(line.find(R"("target":"/stream?cam=a&sig=***")"), std::string::npos) << line;
}

TEST(AccessRecord, HasNoStatusWithoutAnAnswer) {
  EXPECT_NE(line_of({}, "").find("\"status\":200"), std::string::npos);
  for (const char* piece : {"--frame", "HTTP/1.1 ", "HTTP/1.1 2x0 OK"}) {
    AccessRecord record({}, {}, {}, kTime, 0);
    record.note_answer(Piece(piece));
    std::string room(AccessLog::kLineBytesMax, '\0');
    EXPECT_NE(record.write({}, 0, room).find("\"status\":0,"), std::string::npos) << piece;
  }
}

// The longest line fits, and is one line of JSON, whatever the client sends.
TEST(AccessRecord, TextsOfTheClientAreCutAndMadePrintable) {
  for (const std::string& unit :
       {std::string("\""), std::string("\\"), std::string("\n"), std::string("\x1b"),
        std::string("\xff"), std::string("\xc3\xa9")}) {
    std::string hostile;
    while (hostile.size() < 4000) hostile += unit;
    Request request;
    request.method_name = request.target = request.user_agent = hostile;
    const std::string line = line_of(request);
    EXPECT_TRUE(JsonCheck(line).valid()) << line;
    EXPECT_EQ(line.find_first_of("\n\x1b\xff"), std::string::npos);
    EXPECT_LE(line.size(), AccessLog::kLineBytesMax);
  }
}

// ---- when a connection writes them ----

struct LoggedWorld {
  AccessLog log;
  ShardWorld shard{calm_world(30, 20'000), config(log)};

  static ServerConfig config(AccessLog& log) {
    ServerConfig config;
    config.access_log = &log;
    config.header_timeout = 3s;
    return config;
  }

  // One for each request that has ended.
  std::vector<std::string> lines() {
    log.reopen();  // otherwise it waits when there are none
    std::vector<std::string> found;
    for (std::string_view rest = log.wait_for_work().lines; !rest.empty();) {
      const size_t size = rest.find('\n');
      found.emplace_back(rest.substr(0, size));
      rest.remove_prefix(size + 1);
    }
    return found;
  }
};

bool has(const std::string& line, std::string_view part) {
  return line.find(part) != line.npos;
}

TEST(AccessLogOfAConnection, HasEachRequestOnce) {
  LoggedWorld world;
  RawClient client(world.shard);
  client.send(get("/healthz") + get("/nothing") + get("/snapshot", "User-Agent: robot\r\n"));
  world.shard.run_for(100ms);
  const std::vector<std::string> lines = world.lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(has(lines[0], R"("target":"/healthz","status":200)")) << lines[0];
  EXPECT_TRUE(has(lines[1], R"("target":"/nothing","status":404)")) << lines[1];
  EXPECT_TRUE(has(lines[2], R"("user_agent":"robot")")) << lines[2];
  size_t bytes = 0;
  for (const std::string& line : lines) bytes += std::stoul(JsonCheck(line).at("bytes"));
  EXPECT_EQ(bytes, client.text().size());
  EXPECT_EQ(world.shard.world.forbidden_allocations(), 0u);
}

TEST(AccessLogOfAConnection, HasAStreamWhenItEnds) {
  LoggedWorld world;
  RawClient client(world.shard);
  client.send(get("/stream"));
  world.shard.run_for(2s);
  EXPECT_TRUE(world.lines().empty());
  client.close();
  world.shard.run_for(1s);
  const std::vector<std::string> lines = world.lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(has(lines[0], R"("target":"/stream","status":200)")) << lines[0];
  EXPECT_GE(std::stod(JsonCheck(lines[0]).at("duration")), 2.0) << lines[0];
  EXPECT_GE(std::stoul(JsonCheck(lines[0]).at("bytes")), client.text().size()) << lines[0];
}

TEST(AccessLogOfAConnection, HasWhatWasRefused) {
  LoggedWorld world;
  RawClient malformed(world.shard), late(world.shard);
  malformed.send("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  late.send("GET /b");
  world.shard.run_for(4s);
  const std::vector<std::string> lines = world.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(has(lines[0], R"("method":"GET","target":"/a","status":400)")) << lines[0];
  EXPECT_TRUE(has(lines[1], R"("target":"","status":408)")) << lines[1];
}

TEST(AccessLogOfAConnection, NamesTheClientBehindATrustedProxy) {
  AccessLog log;
  ServerConfig config = LoggedWorld::config(log);
  config.trusted_proxies.emplace_back("0.0.0.0/0");
  ShardWorld shard(calm_world(30, 20'000), config);
  RawClient client(shard);
  client.send(get("/healthz", "X-Forwarded-For: 198.51.100.9\r\n"));
  shard.run_for(100ms);
  EXPECT_TRUE(has(std::string(log.wait_for_work().lines), R"("client":"198.51.100.9")"));
}

TEST(AccessLogOfAConnection, CountsWhatIsDropped) {
  LoggedWorld world;
  for (uint64_t i = 0; i < AccessLog::kLinesPerSecond; ++i)
    world.log.add(world.shard.world.now(), "x");
  RawClient client(world.shard);
  client.send(get("/healthz"));
  world.shard.run_for(10ms);
  EXPECT_EQ(client.status(), 200);
  EXPECT_EQ(world.shard.stats().access_log_dropped.value(), 1u);
  EXPECT_EQ(world.log.wait_for_work().dropped, 1u);
}

}  // namespace
}  // namespace fanlight
