// SPDX-License-Identifier: Apache-2.0
#include "core/descriptor_reserve.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace fanlight {
namespace {

// Leaves only `room` more descriptors available during its lifetime.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t room) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const Fd lowest(::fcntl(0, F_DUPFD_CLOEXEC, 0));
    const rlimit low{static_cast<rlim_t>(lowest.get()) + room, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  ~DescriptorLimit() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

bool is_room() {
  return bool(Fd(::fcntl(0, F_DUPFD_CLOEXEC, 0)));
}

TEST(DescriptorReserve, HoldsDescriptorsUntilReleased) {
  const DescriptorLimit limit(4);
  DescriptorReserve some(3);
  EXPECT_TRUE(is_room());
  {
    const DescriptorReserve rest(1);
    EXPECT_FALSE(is_room());
  }
  some.release();
  const DescriptorReserve all(4);
  EXPECT_FALSE(is_room());
}

TEST(DescriptorReserve, ThrowsAndHoldsNoneIfThereAreTooFew) {
  const DescriptorLimit limit(4);
  try {
    const DescriptorReserve too_many(5);
    FAIL() << "expected an exception: only four descriptors are available";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EMFILE);
  }
  EXPECT_TRUE(is_room());
}

}  // namespace
}  // namespace fanlight
