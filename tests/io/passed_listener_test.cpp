// SPDX-License-Identifier: Apache-2.0
// Listeners that one process passes to the next.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "io/listener.h"

namespace fanlight {
namespace {

// What one process passes to the next: as many sockets as it had shards.
std::vector<Fd> copies_of(const Listener& listener) {
  std::vector<Fd> copies;
  for (const Fd& socket : listener.sockets()) copies.emplace_back(::dup(socket.get()));
  return copies;
}

TEST(PassedListener, ServesPassedSocketsWithAnyNumberOfShards) {
  const Listener before(parse_listen_address("127.0.0.1:0"), 3, {});
  for (unsigned shards = 1; shards <= 5; ++shards) {
    Listener after(copies_of(before), "", {});
    EXPECT_EQ(after.port(), before.port());
    EXPECT_TRUE(after.is_local());
    std::set<int> served;
    for (unsigned shard = 0; shard < shards; ++shard) {
      const std::vector<int> fds = after.fds(shard, shards);
      EXPECT_FALSE(fds.empty()) << shard << " of " << shards;
      served.insert(fds.begin(), fds.end());
    }
    EXPECT_EQ(served.size(), 3u) << shards << " shards: connections wait at each socket";
  }
}

TEST(PassedListener, LeavesThePathToItsOwner) {
  char folder[] = "/tmp/fanlight_listener_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/socket";
  const auto has_file = [&] { return ::access(path.c_str(), F_OK) == 0; };
  {
    Listener before(parse_listen_address("unix:" + path), 1, {});
    Listener(copies_of(before), path, {});
    EXPECT_TRUE(has_file()) << "it was not possessed";
    Listener after(copies_of(before), path, {});
    before.disown();
    after.possess();
    { const Listener ended = std::move(before); }
    EXPECT_TRUE(has_file());
    EXPECT_EQ(after.url(), "unix:" + path);
  }
  EXPECT_FALSE(has_file());
  ::rmdir(folder);
}

TEST(PassedListener, RefusesAPassedSocketThatDoesNotListen) {
  std::vector<Fd> sockets;
  sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_THROW(Listener(std::move(sockets), "", {}), std::system_error);
}

}  // namespace
}  // namespace fanlight
