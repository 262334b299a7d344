// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/encoder_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

EncodeJob job_with(uint64_t sequence) {
  EncodeJob job{.picture = {}, .place = {}, .info = {}};
  job.info.sequence = sequence;
  return job;
}

// Each job is done only after all later ones: the exact reverse, which is the worst case.
TEST(EncoderPool, DeliversInOrderOfSubmission) {
  constexpr uint64_t kJobs = 4;
  std::vector<std::unique_ptr<std::latch>> done;
  for (uint64_t i = 0; i <= kJobs; ++i) done.push_back(std::make_unique<std::latch>(1));
  done[kJobs]->count_down();
  std::vector<uint64_t> encoded;
  std::vector<uint64_t> delivered;
  EncoderPool pool(
      kJobs,
      [&](size_t, EncodeJob& job) {
        done[job.info.sequence + 1]->wait();
        encoded.push_back(job.info.sequence);  // one at a time, in the latches' order
        job.written.size = 100 + job.info.sequence;
        done[job.info.sequence]->count_down();
      },
      [&](EncodeJob& job) {
        EXPECT_EQ(job.written.size, 100 + job.info.sequence);
        delivered.push_back(job.info.sequence);
      });
  for (uint64_t i = 0; i < kJobs; ++i) pool.submit(job_with(i));
  pool.wait_until_in_flight(0);
  EXPECT_EQ(encoded, (std::vector<uint64_t>{3, 2, 1, 0}));
  EXPECT_EQ(delivered, (std::vector<uint64_t>{0, 1, 2, 3}));
}

TEST(EncoderPool, WaitsOnlyUntilFewEnoughJobsAreInFlight) {
  std::latch second_may_go(1);
  std::atomic<uint64_t> delivered{0};
  EncoderPool pool(
      2,
      [&](size_t, EncodeJob& job) {
        if (job.info.sequence == 1) second_may_go.wait();
      },
      [&](EncodeJob&) { ++delivered; });
  pool.submit(job_with(0));
  pool.submit(job_with(1));
  pool.wait_until_in_flight(2);
  pool.wait_until_in_flight(1);  // returns although the second is blocked
  EXPECT_EQ(delivered.load(), 1u);
  second_may_go.count_down();
  pool.wait_until_in_flight(0);
  EXPECT_EQ(delivered.load(), 2u);
}

TEST(EncoderPool, EncodesEachJobOnceOnAValidThread) {
  constexpr uint64_t kJobs = 2000;
  const uint64_t seed = 31337;
  Random random(seed);
  std::vector<int> times(kJobs);
  uint64_t next = 0;
  {
    EncoderPool pool(
        3,
        [&](size_t thread, EncodeJob& job) {
          ASSERT_LT(thread, 3u);
          ++times[job.info.sequence];
        },
        [&](EncodeJob& job) { ASSERT_EQ(job.info.sequence, next++) << "seed " << seed; });
    for (uint64_t i = 0; i < kJobs; ++i) {
      pool.submit(job_with(i));
      pool.wait_until_in_flight(random.below(4));
    }
  }  // all remaining jobs are delivered first
  EXPECT_EQ(next, kJobs);
  for (const int count : times) ASSERT_EQ(count, 1);
}

TEST(EncoderPool, EndsImmediatelyWhenIdle) {
  EncoderPool pool(
      4, [](size_t, EncodeJob&) {}, [](EncodeJob&) {});
  EXPECT_EQ(pool.threads(), 4u);
  pool.wait_until_in_flight(0);
}

TEST(EncoderPoolDeathTest, ExceedingTheCapacityAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        std::latch never(1);
        EncoderPool pool(
            1, [&](size_t, EncodeJob&) { never.wait(); }, [](EncodeJob&) {});
        for (uint64_t i = 0; i < 3; ++i) pool.submit(job_with(i));
      },
      "slots_.size");
}

}  // namespace
}  // namespace fanlight
