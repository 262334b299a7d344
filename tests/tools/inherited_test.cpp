// SPDX-License-Identifier: Apache-2.0
#include "tools/inherited.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace fanlight {
namespace {

TEST(InheritedSockets, BelongToTheProcessThatIsNamed) {
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid() + 1).c_str(), 1);
  EXPECT_TRUE(inherited_sockets().empty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);

  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  std::vector<Fd> sockets = inherited_sockets();
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_EQ(sockets[0].release(), 3);
  EXPECT_EQ(std::getenv("LISTEN_PID"), nullptr);
}

TEST(StartedBySystemd, OnlyWhenThisProcessIsMeant) {
  ::setenv("SYSTEMD_EXEC_PID", "1", 1);
  EXPECT_FALSE(started_by_systemd());
  ::setenv("SYSTEMD_EXEC_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_TRUE(started_by_systemd());
  ::unsetenv("SYSTEMD_EXEC_PID");
}

}  // namespace
}  // namespace fanlight
