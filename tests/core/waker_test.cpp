// SPDX-License-Identifier: Apache-2.0
#include "core/waker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <system_error>
#include <thread>
#include <vector>

namespace fanlight {
namespace {

bool is_readable(const Waker& waker) {
  pollfd ready{waker.fd(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

TEST(WakerTest, IsNotReadableUntilWoken) {
  Waker waker;
  EXPECT_FALSE(is_readable(waker));
  waker.wake();
  EXPECT_TRUE(is_readable(waker));
}

TEST(WakerTest, DrainConsumesAllWakesWithoutBlocking) {
  Waker waker;
  waker.drain();
  waker.wake();
  waker.wake();
  waker.wake();
  waker.drain();
  EXPECT_FALSE(is_readable(waker));
}

TEST(WakerTest, OneReadReturnsTheNumberOfWakes) {
  Waker waker;
  waker.wake();
  waker.wake();
  uint64_t count = 0;
  ASSERT_EQ(::read(waker.fd(), &count, sizeof count), 8);
  EXPECT_EQ(count, 2u);
}

TEST(WakerTest, DescriptorIsBlockingAndNotInherited) {
  const Waker waker;
  EXPECT_EQ(::fcntl(waker.fd(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::fcntl(waker.fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(WakerTest, LosesNoWakeFromAnyThread) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kWakes = 2'000;
  Waker waker;
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (uint64_t wake = 0; wake < kWakes; ++wake) waker.wake();
    });
  }
  uint64_t total = 0;
  while (total < kThreads * kWakes) {
    uint64_t count = 0;
    ASSERT_EQ(::read(waker.fd(), &count, sizeof count), 8);
    total += count;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, kThreads * kWakes);
  EXPECT_FALSE(is_readable(waker));
}

TEST(WakerTest, ThrowsWithoutAFreeDescriptor) {
  // UBSan opens a pipe when it first handles an exception's type: do that while descriptors last.
  EXPECT_THROW(throw std::system_error(EMFILE, std::system_category(), "none"), std::system_error);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  int error = 0;
  try {
    const Waker waker;
  } catch (const std::system_error& failure) {
    error = failure.code().value();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(error, EMFILE);
}

}  // namespace
}  // namespace fanlight
