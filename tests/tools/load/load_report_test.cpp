// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_report.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/http/json_check.h"

namespace fanlight {
namespace {

LoadResult full_result() {
  LoadResult result;
  result.url = "http://127.0.0.1:5000/\"x\"";
  result.viewers = 3;
  result.duration_s = 2;
  result.congestion_control = "cubic";
  result.frames = 120;
  result.bytes = 1'200'000;
  result.has_sequences = true;
  result.falling = 4;
  result.fast.viewers = 2;
  result.fast.frames = spread_of({60, 58});
  result.fast.frames_sum = 118;
  result.fast.gaps = 2;
  result.fast.age = {1.25, 2, 3, 4};
  result.slow.viewers = 1;
  result.slow.frames = spread_of({2});
  result.first_frame = {10, 20, 30, 31};
  result.never = 1;
  result.skew = {5, 6, 7, 8};
  result.rank_min = 0.45;
  result.rank_max = 0.55;
  ServerResult server;
  server.cpu_s = 0.0012;
  server.begin = {0s, 1000, 500};
  server.end = {1s, 2000, 1500};
  server.max = {0s, 3000, 2500};
  result.server = server;
  result.load_cpu_s = 0.5;
  return result;
}

TEST(LoadReport, JsonHasEveryNumber) {
  const JsonCheck json(to_json(full_result()));
  ASSERT_TRUE(json.valid());
  const std::pair<const char*, const char*> expected[] = {
      {"viewers", "3"},
      {"duration_s", "2.000000"},
      {"congestion_control", "cubic"},
      {"frames", "120"},
      {"frames_per_s", "60.000"},
      {"bytes", "1200000"},
      {"falling", "4"},
      {"gaps", "2"},
      {"fast.frames.min", "58"},
      {"fast.frames.median", "59.0"},
      {"fast.age_ms.p50", "1.250"},
      {"fast.loss", "0.016667"},
      {"slow.viewers", "1"},
      {"first_frame_ms.p99", "30.000"},
      {"first_frame_ms.never", "1"},
      {"skew_ms.p50", "5.000"},
      {"rank.min", "0.4500"},
      {"rank.max", "0.5500"},
      {"server.cpu_us_per_frame", "10.000"},
      {"server.rss_start_kb", "1000"},
      {"server.rss_end_kb", "2000"},
      {"server.rss_max_kb", "3000"},
      {"server.rss_anon_max_kb", "2500"},
      {"load.cpu_s", "0.500000"},
  };
  for (const auto& [path, value] : expected) EXPECT_EQ(json.at(path), value) << path;
}

TEST(LoadReport, JsonKeysAreConstantAndUnknownValuesAreNull) {
  const JsonCheck full(to_json(full_result()));
  const JsonCheck empty(to_json(LoadResult()));
  ASSERT_TRUE(empty.valid());
  std::set<std::string> full_keys;
  std::set<std::string> empty_keys;
  for (const auto& [path, value] : full.values()) full_keys.insert(path);
  for (const auto& [path, value] : empty.values()) empty_keys.insert(path);
  EXPECT_EQ(full_keys, empty_keys);
  for (const char* path :
       {"congestion_control", "falling", "gaps", "fast.frames.min", "fast.jain", "fast.age_ms.p50",
        "fast.gaps", "fast.loss", "first_frame_ms.p50", "skew_ms.p99", "rank.min", "server.cpu_s",
        "server.cpu_us_per_frame", "server.rss_end_kb"}) {
    EXPECT_EQ(empty.at(path), "null") << path;
  }
}

TEST(LoadReport, JsonIsOneLine) {
  const std::string json = to_json(full_result());
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

// The line of the table that begins with `name`.
std::string row(const std::string& table, const std::string& name) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return line;
  }
  return {};
}

TEST(LoadReport, RefusalsAreNamedByTheirStatus) {
  LoadResult result = full_result();
  EXPECT_EQ(row(to_table(result), "refused"), "");
  result.statuses = {{404, 1}, {503, 12}};
  result.refused_503_with_retry_after = 11;
  result.not_multipart = 2;
  EXPECT_EQ(row(to_table(result), "refused"),
            "refused      404 Not Found, once; 503 Service Unavailable, 12 times (11 with "
            "Retry-After); no multipart stream, 2 times");
  const JsonCheck json(to_json(result));
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("statuses.503"), "12");
}

TEST(LoadReport, TableColumnsAreAligned) {
  const std::string table = to_table(full_result());
  const std::string head = row(table, "         viewers");
  const std::string fast = row(table, "fast");
  const std::string slow = row(table, "slow");
  EXPECT_EQ(head.size(), fast.size());
  EXPECT_EQ(head.size(), slow.size());
  EXPECT_NE(fast.find("1.67%"), std::string::npos) << fast;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(LoadReport, TableOmitsEmptyRows) {
  const std::string table = to_table(LoadResult());
  EXPECT_EQ(row(table, "fast"), "");
  EXPECT_EQ(row(table, "slow"), "");
  EXPECT_EQ(row(table, "server"), "");
  EXPECT_EQ(row(table, "stalled"), "");
  EXPECT_NE(row(table, "load"), "");
  LoadResult stalled;
  stalled.stalled_viewers = 3;
  stalled.stalled_closed = 2;
  stalled.stalled_life.max = 1500;
  EXPECT_NE(row(to_table(stalled), "stalled").find("2 closed by the server, 1500.0 ms"),
            std::string::npos);
}

TEST(LoadReport, SegmentsAreReported) {
  LoadResult result = full_result();
  EXPECT_EQ(row(to_table(result), "segments"), "");
  EXPECT_EQ(JsonCheck(to_json(result)).at("segments.updates"), "null");
  result.segments = SegmentsResult{.whole_frames = 2,
                                   .whole_bytes = 80'000,
                                   .updates = 100,
                                   .update_bytes = 500'000,
                                   .empty_updates = 7,
                                   .broken = 1,
                                   .problem = "why",
                                   .last_pictures = {{0xab, 3}, {0xcd, 1}}};
  EXPECT_EQ(row(to_table(result), "segments"),
            "segments     2 whole of 40.0 KB, 100 updates of 5.0 KB, 7 empty; 1 broken: why");
  const JsonCheck json(to_json(result));
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.at("segments.whole_frames"), "2");
  EXPECT_EQ(json.at("segments.whole_bytes"), "80000");
  EXPECT_EQ(json.at("segments.updates"), "100");
  EXPECT_EQ(json.at("segments.update_bytes"), "500000");
  EXPECT_EQ(json.at("segments.empty_updates"), "7");
  EXPECT_EQ(json.at("segments.broken"), "1");
  EXPECT_EQ(json.at("segments.problem"), "why");
  EXPECT_EQ(json.at("segments.last_pictures.00000000000000ab"), "3");
}

}  // namespace
}  // namespace fanlight
