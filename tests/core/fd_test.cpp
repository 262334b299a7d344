// SPDX-License-Identifier: Apache-2.0
#include "core/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace fanlight {
namespace {

int open_descriptor() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(FdTest, EmptyOwnsNothing) {
  const Fd none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
}

TEST(FdTest, DescriptorZeroIsValid) {
  Fd zero(0);
  EXPECT_TRUE(zero);
  EXPECT_EQ(zero.release(), 0);
}

TEST(FdTest, DestructorCloses) {
  const int number = open_descriptor();
  {
    const Fd fd(number);
    EXPECT_TRUE(fd);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(FdTest, ResetClosesOnceAndMayBeRepeated) {
  const int number = open_descriptor();
  Fd fd(number);
  fd.reset();
  EXPECT_FALSE(fd);
  EXPECT_FALSE(is_open(number));
  fd.reset();
  EXPECT_EQ(fd.get(), -1);
}

TEST(FdTest, ReleaseReturnsTheDescriptorOpen) {
  const int number = open_descriptor();
  Fd fd(number);
  EXPECT_EQ(fd.release(), number);
  EXPECT_FALSE(fd);
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(FdTest, MoveTransfersAndLeavesTheSourceEmpty) {
  const int number = open_descriptor();
  Fd source(number);
  Fd target(std::move(source));
  EXPECT_FALSE(source);
  EXPECT_EQ(target.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(FdTest, MoveAssignmentClosesThePreviousDescriptor) {
  const int first = open_descriptor();
  const int second = open_descriptor();
  Fd target(first);
  target = Fd(second);
  EXPECT_FALSE(is_open(first));
  EXPECT_TRUE(is_open(second));
  EXPECT_EQ(target.get(), second);
}

TEST(FdTest, MoveAssignmentToItselfKeepsTheDescriptor) {
  const int number = open_descriptor();
  Fd fd(number);
  Fd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

}  // namespace
}  // namespace fanlight
