// SPDX-License-Identifier: Apache-2.0
#include "tools/load/machine.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include "tests/io/child_process.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

TEST(Machine, RaisesTheDescriptorLimit) {
  in_child([] {
    rlimit limit{256, 0};
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    limit.rlim_max = before.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    require_descriptors(500);
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_GE(limit.rlim_cur, 500u);
  });
}

TEST(Machine, ReportsAHardLimitThatIsTooLow) {
  in_child([] {
    const rlimit limit{256, 256};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_TRUE(become_ordinary_user());
    require_descriptors(100);
    try {
      require_descriptors(1000);
      FAIL() << "expected the limit to be too low";
    } catch (const StartError& error) {
      EXPECT_EQ(error.code(), ExitCode::system_error);
      EXPECT_NE(std::string(error.what()).find("the limit is 256"), std::string::npos);
    }
  });
}

TEST(Machine, RestrictsItselfToExistingCpus) {
  in_child([] {
    cpu_set_t before;
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    int cpu = 0;
    while (!CPU_ISSET(static_cast<size_t>(cpu), &before)) ++cpu;
    confine_to({});
    confine_to({cpu});
    cpu_set_t after;
    ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_EQ(CPU_COUNT(&after), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<size_t>(cpu), &after));
    EXPECT_THROW(confine_to({cpu, CPU_SETSIZE - 1}), StartError);
    EXPECT_THROW(confine_to({CPU_SETSIZE - 1}), StartError);
  });
}

}  // namespace
}  // namespace fanlight
