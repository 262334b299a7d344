// SPDX-License-Identifier: Apache-2.0
#include "http/answer/access.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/json_check.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

const PeerAddress kElsewhere = parse_address("192.0.2.7").value();

// Whether the client is told everything: /viewers and /api/v1/state agree.
bool may_see(ShardWorld& shard, const PeerAddress& peer, const std::string& fields,
             const std::string& host, const std::string& version = "1.1") {
  const auto ask = [&](const std::string& target) {
    return ask_from(shard, peer, local_get(target, fields, host, version));
  };
  const bool may = ask("/viewers").status == 200;
  EXPECT_EQ(JsonCheck(ask("/api/v1/state").body).at("view"), may ? "whole" : "viewer");
  return may;
}

TEST(Access, ThisMachineSeesAll) {
  ShardWorld shard(calm_world());
  const PeerAddress unix_socket{.bytes = {}, .is_local = true};
  for (const PeerAddress& peer : {kThisMachine, unix_socket}) {
    EXPECT_TRUE(may_see(shard, peer, "", "localhost:5000"));
    EXPECT_TRUE(may_see(shard, peer, "", "[::1]"));
    EXPECT_FALSE(may_see(shard, peer, "Via: 1.1 proxy\r\n", "localhost"));
    EXPECT_FALSE(may_see(shard, peer, "", "cam.local"));
    EXPECT_FALSE(may_see(shard, peer, "", "sim"));
  }
  EXPECT_FALSE(may_see(shard, kElsewhere, "", "localhost"));
}

// nginx in its default configuration shows in no other way that it is a proxy.
TEST(Access, OldHttpMayBeAProxys) {
  ShardWorld shard(calm_world());
  EXPECT_FALSE(may_see(shard, kThisMachine, "", "127.0.0.1", "1.0"));
}

}  // namespace
}  // namespace fanlight
