// SPDX-License-Identifier: Apache-2.0
#include "tools/server/shortage.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <optional>
#include <string>

#include "core/descriptor_reserve.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// Restores the soft limit that a test changes.
class ShortageTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0); }
  void TearDown() override { ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

  void set_soft_limit(rlim_t limit) {
    const rlimit low{limit, before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }

 private:
  rlimit before_{};
};

std::error_code system_code(int error) {
  return {error, std::system_category()};
}

TEST_F(ShortageTest, DistinguishesShortagesFromOtherErrors) {
  for (const int error : {EMFILE, ENFILE, ENOMEM}) EXPECT_TRUE(is_shortage(system_code(error)));
  // EAGAIN: a relay's upstream is full.
  for (const int error : {ENOENT, EACCES, EBUSY, EAGAIN}) {
    EXPECT_FALSE(is_shortage(system_code(error)));
  }
}

TEST_F(ShortageTest, EachShortageHasARemedy) {
  EXPECT_NE(remedy(system_code(EMFILE)).find("ulimit -n"), std::string::npos);
  EXPECT_NE(remedy(system_code(ENFILE)).find("fs.file-max"), std::string::npos);
  EXPECT_NE(remedy(system_code(ENOMEM)).find("--max-viewers"), std::string::npos);
  EXPECT_NE(remedy(system_code(EAGAIN)).find("thread"), std::string::npos);
  EXPECT_EQ(remedy(system_code(ENOENT)), "");
}

TEST_F(ShortageTest, RaisesTheSoftLimitToTheHardLimit) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  set_soft_limit(limit.rlim_max - 1);
  EXPECT_EQ(raise_descriptor_limit(), limit.rlim_max);
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

TEST_F(ShortageTest, CountsWhatOptionsNeed) {
  Options options;
  options.cameras.resize(3);
  options.cameras[0].publish = "nats://hub/cam";
  options.cameras[1].ladder.is_automatic = true;
  const StartNeeds needs = needs_of(options, 5);
  EXPECT_EQ(needs.shards, 5u);
  EXPECT_EQ(needs.listeners, options.listen.size());
  EXPECT_EQ(needs.cameras, 3u);
  EXPECT_EQ(needs.publishers, 1u);
  EXPECT_EQ(needs.ladders, 1u);
  EXPECT_GT(needs.rungs, 0u);
  options.cameras[2].name = kDirectory;
  options.cameras[2].max_cameras = 10;
  EXPECT_EQ(needs_of(options, 5).cameras, 12u);
  EXPECT_EQ(needs_of(options, 5).publishers, 2u) << "it has a connection of its own";
  options.cameras[2].ladder.is_automatic = true;
  EXPECT_EQ(needs_of(options, 5).ladders, 11u);
  EXPECT_EQ(needs_of(options, 5).rungs, 11 * needs.rungs);
}

TEST_F(ShortageTest, EachShardListenerAndCameraNeedsMore) {
  const size_t least = StartNeeds{}.descriptors();
  EXPECT_GT(StartNeeds{.shards = 2}.descriptors(), least);
  EXPECT_GT(StartNeeds{.cameras = 2}.descriptors(), least);
  EXPECT_EQ((StartNeeds{.ladders = 1, .rungs = 3}.descriptors()), least + 2 + 3 * 2);
  EXPECT_GT(StartNeeds{.publishers = 1}.descriptors(), least);
  EXPECT_EQ((StartNeeds{.shards = 4, .listeners = 2}.descriptors()),
            (StartNeeds{.shards = 4}.descriptors()) + 4);
}

TEST_F(ShortageTest, ReservesForStartAndClientsAndStatesTheNumberNeeded) {
  const StartNeeds needs{.shards = 2};
  const size_t wanted = needs.descriptors() + kClientsMin;
  set_soft_limit(200);
  size_t free = 0;  // how many there are below 200
  for (std::optional<DescriptorReserve> all; !all && free < 200; ++free) {
    try {
      all.emplace(200 - free);
      break;
    } catch (const std::system_error&) {
      continue;
    }
  }
  DescriptorReserve exactly(200 - free - wanted);
  EXPECT_NO_THROW(check_descriptors(needs));
  const DescriptorReserve one(1);
  try {
    check_descriptors(needs);
    FAIL() << "expected one descriptor too few to be refused";
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::system_error);
    const std::string line = error.what();
    EXPECT_TRUE(line.starts_with(std::to_string(wanted) + " descriptors are needed")) << line;
    EXPECT_NE(line.find("Too many open files; try"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace fanlight
