// SPDX-License-Identifier: Apache-2.0
#include "http/state/access_log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace fanlight {
namespace {

constexpr Instant kStart{1h};

TEST(AccessLog, PassesLinesOnInOrder) {
  AccessLog log;
  EXPECT_TRUE(log.add(kStart, "one"));
  EXPECT_TRUE(log.add(kStart, "two"));
  const AccessLog::Work work = log.wait_for_work();
  EXPECT_EQ(work.lines, "one\ntwo\n");
  EXPECT_EQ(work.dropped, 0u);
  EXPECT_FALSE(work.must_reopen || work.must_stop);
  EXPECT_TRUE(log.add(kStart, "three"));  // while the first two are being written
  EXPECT_EQ(log.wait_for_work().lines, "three\n");
}

TEST(AccessLog, CountsWhatDoesNotFit) {
  AccessLog log;
  const std::string line(AccessLog::kLineBytesMax, 'x');
  const size_t fitting = AccessLog::kBufferBytes / (line.size() + 1);
  for (size_t i = 0; i < fitting; ++i) EXPECT_TRUE(log.add(kStart, line));
  EXPECT_FALSE(log.add(kStart, line));
  EXPECT_FALSE(log.add(kStart, line));
  const AccessLog::Work work = log.wait_for_work();
  EXPECT_EQ(work.lines.size(), fitting * (line.size() + 1));
  EXPECT_EQ(work.dropped, 2u);
  EXPECT_TRUE(log.add(kStart, line));
  EXPECT_EQ(log.wait_for_work().dropped, 0u);
}

TEST(AccessLog, LimitsTheLinesOfASecond) {
  AccessLog log;
  for (uint64_t i = 0; i < AccessLog::kLinesPerSecond; ++i) EXPECT_TRUE(log.add(kStart, "x"));
  EXPECT_FALSE(log.add(kStart + 999ms, "x"));
  EXPECT_TRUE(log.add(kStart + 1s, "y"));
  const AccessLog::Work work = log.wait_for_work();
  EXPECT_EQ(work.lines.size(), 2 * AccessLog::kLinesPerSecond + 2);
  EXPECT_EQ(work.dropped, 1u);
}

TEST(AccessLog, WakesItsWriterForEachKindOfWork) {
  AccessLog log;
  std::vector<std::string> seen;
  std::thread writer([&] {
    for (bool must_stop = false; !must_stop;) {
      const AccessLog::Work work = log.wait_for_work();
      if (work.must_reopen) seen.emplace_back("reopen");
      if (!work.lines.empty()) seen.emplace_back(work.lines);
      must_stop = work.must_stop;
    }
  });
  log.reopen();
  log.add(kStart, "last");
  log.stop();
  writer.join();
  EXPECT_EQ(seen, (std::vector<std::string>{"reopen", "last\n"}));
}

}  // namespace
}  // namespace fanlight
