// SPDX-License-Identifier: Apache-2.0
#include "tools/server/inherited.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <tuple>

namespace fanlight {
namespace {

TEST(InheritedSockets, BelongToTheNamedProcess) {
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid() + 1).c_str(), 1);
  EXPECT_TRUE(inherited_sockets().empty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);

  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  std::vector<InheritedSocket> sockets = inherited_sockets();
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_EQ(sockets[0].socket.release(), 3);
  EXPECT_EQ(sockets[0].name, "");
  EXPECT_EQ(std::getenv("LISTEN_PID"), nullptr);
}

TEST(InheritedSockets, HaveTheNamesOfTheirUnits) {
  for (const auto& [given, first, second] :
       {std::tuple("web:admin", "web", "admin"), std::tuple("web", "web", ""),
        std::tuple(":admin", "", "admin"), std::tuple("", "", "")}) {
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", given, 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    std::vector<InheritedSocket> sockets = inherited_sockets();
    ASSERT_EQ(sockets.size(), 2u);
    EXPECT_EQ(sockets[0].name, first);
    EXPECT_EQ(sockets[1].name, second);
    EXPECT_EQ(std::getenv("LISTEN_FDNAMES"), nullptr);
    for (InheritedSocket& each : sockets) EXPECT_GE(each.socket.release(), 3);  // not ours
  }
}

TEST(StartedBySystemd, OnlyIfThePidIsOurs) {
  ::setenv("SYSTEMD_EXEC_PID", "1", 1);
  EXPECT_FALSE(started_by_systemd());
  ::setenv("SYSTEMD_EXEC_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_TRUE(started_by_systemd());
  ::unsetenv("SYSTEMD_EXEC_PID");
}

}  // namespace
}  // namespace fanlight
