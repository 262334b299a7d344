// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/completed_requests.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>
#include <vector>

namespace fanlight {
namespace {

bool readable(const CompletedRequests& requests) {
  pollfd one{requests.fd(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

TEST(CompletedRequests, ReturnsRequestsOnceInOrder) {
  CompletedRequests requests(4);
  std::vector<size_t> taken{9};
  EXPECT_FALSE(readable(requests));
  EXPECT_FALSE(requests.take(taken));
  EXPECT_TRUE(taken.empty());
  requests.add(2);
  requests.add(0);
  EXPECT_TRUE(readable(requests));
  EXPECT_FALSE(requests.take(taken));
  EXPECT_EQ(taken, (std::vector<size_t>{2, 0}));
  EXPECT_FALSE(readable(requests));
  EXPECT_FALSE(requests.take(taken));
  EXPECT_TRUE(taken.empty());
}

TEST(CompletedRequests, RemovedCameraStaysRemoved) {
  CompletedRequests requests(1);
  std::vector<size_t> taken;
  requests.set_removed();
  EXPECT_TRUE(readable(requests));
  EXPECT_TRUE(requests.take(taken));
  EXPECT_TRUE(requests.take(taken));
}

TEST(CompletedRequestsDeathTest, ExceedingTheCapacityAborts) {
  CompletedRequests requests(1);
  requests.add(0);
  EXPECT_DEATH(requests.add(1), "CHECK");
}

// A thread that waits for fd() before each take() misses nothing.
TEST(CompletedRequests, LosesNothingBetweenTwoThreads) {
  constexpr size_t kCount = 20000;
  CompletedRequests requests(kCount);
  std::thread libcamera([&] {
    for (size_t i = 0; i < kCount; ++i) requests.add(i);
    requests.set_removed();
  });
  std::vector<size_t> all;
  std::vector<size_t> taken;
  bool removed = false;
  while (!removed) {
    pollfd one{requests.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&one, 1, 30000), 1) << "after " << all.size();
    removed = requests.take(taken);
    all.insert(all.end(), taken.begin(), taken.end());
  }
  libcamera.join();
  ASSERT_EQ(all.size(), kCount);
  for (size_t i = 0; i < kCount; ++i) ASSERT_EQ(all[i], i);
}

}  // namespace
}  // namespace fanlight
