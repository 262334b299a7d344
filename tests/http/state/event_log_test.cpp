// SPDX-License-Identifier: Apache-2.0
#include "http/state/event_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>

#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

const PeerAddress kClient = *parse_address("192.0.2.7");

std::string printed(const std::function<void()>& what) {
  testing::internal::CaptureStderr();
  what();
  return testing::internal::GetCapturedStderr();
}

TEST(EventLog, EveryLineNamesTheCauseAndTheFlag) {
  EventLog log(3);
  const Instant now(1h);
  EXPECT_EQ(printed([&] { log.full(now, 10, 20); }),
            "server full: 10 viewers (--max-viewers), 20 connections on shard 3\n");
  EXPECT_EQ(printed([&] { log.address_full(now, kClient, 4); }),
            "refused a stream to 192.0.2.7: it already has 4 (--max-viewers-per-address)\n");
  EXPECT_EQ(printed([&] { log.connections_full(now, kClient, 500); }),
            "refused a connection from 192.0.2.7: it already has 500 "
            "(--max-connections-per-address; if it is a proxy, --trusted-proxy)\n");
  EXPECT_EQ(printed([&] { log.bodies_full(now, kClient, "reports"); }),
            "refused a request from 192.0.2.7: too many reports at the same time\n");
  EXPECT_EQ(printed([&] { log.login_failed(now, kClient); }),
            "refused a login from 192.0.2.7: wrong user or password (--auth-file)\n");
  EXPECT_EQ(printed([&] { log.login_delayed(now, kClient, 1500ms); }),
            "refused a login from 192.0.2.7 for 1.5 s: too many failed ones (if it is a proxy, "
            "--trusted-proxy)\n");
  EXPECT_EQ(printed([&] { log.logins_busy(now, kClient); }),
            "refused a login from 192.0.2.7: too many passwords are being verified\n");
  EXPECT_EQ(printed([&] { log.link_refused(now, kClient, "the link has expired"); }),
            "refused a signed link from 192.0.2.7: the link has expired (--link-key)\n");
  EXPECT_EQ(printed([&] { log.forbidden(now, kClient, "the right is missing"); }),
            "refused a request from 192.0.2.7: the right is missing (--auth-file)\n");
  EXPECT_EQ(printed([&] { log.idle_closed(now, kClient, 20); }),
            "closed an idle connection from 192.0.2.7, because a new one needed its place: 20 "
            "connections on shard 3\n");
  EXPECT_EQ(printed([&] { log.wire_full(now, 11'000'000, 11'875'000); }),
            "refused a stream: 88.0 of 95.0 Mbit/s are reserved already (--max-egress, "
            "--min-fps)\n");
  EXPECT_EQ(printed([&] { log.foreign_host(now, kClient, "evil.example:80"); }),
            "refused a request from 192.0.2.7 for evil.example:80: not a name of this server "
            "(--allowed-host)\n");
  EXPECT_LT(printed([&] { log.foreign_host(now + 1h, kClient, std::string(8000, 'x')); }).size(),
            250u);
  EXPECT_EQ(printed([&] { log.stalled(now, kClient, 10s, 5000); }),
            "closed a connection from 192.0.2.7 after 5000 bytes: no byte acknowledged for 10 s "
            "(--viewer-stall-timeout)\n");
  EXPECT_EQ(printed([&] { log.ring_full(now, kClient, "front", 5000); }),
            "closed a connection from 192.0.2.7 after 5000 bytes: frame ring of front full "
            "(--frame-memory, --ring-slots); this connection held the oldest frame\n");
  EXPECT_EQ(printed([&] { log.cannot_accept(now, ENOMEM); }),
            "shard 3: cannot accept: Cannot allocate memory\n");
  EXPECT_EQ(printed([&] { log.short_of_descriptors(now, EMFILE, 1000); }),
            "shard 3: Too many open files; with 1000 connections open, new ones are refused "
            "(ulimit -n)\n");
}

TEST(EventLog, FloodOfOneCauseHidesNoOther) {
  EventLog log(0);
  const Instant now(1h);
  EXPECT_NE(printed([&] {
              for (int i = 0; i < 1000; ++i) log.full(now, 1, 1);
            }),
            "");
  EXPECT_NE(printed([&] { log.stalled(now, kClient, 10s, 1); }), "");
  EXPECT_EQ(printed([&] { log.full(now + 59s, 1, 1); }), "");
  EXPECT_EQ(printed([&] { log.full(now + 1min, 2, 3); }),
            "server full: 2 viewers (--max-viewers), 3 connections on shard 0 "
            "(1000 more since the last such line)\n");
}

// In a whole shard: a viewer that accepts no bytes is closed, with a log line.
TEST(EventLog, LogsAnEviction) {
  SimWorldConfig config;
  config.camera.fps = 10;
  config.camera.size_min = config.camera.size_max = 20'000;
  ServerConfig server;
  server.viewer_stall_timeout = 3s;
  const std::string line = printed([&] {
    ShardWorld shard(config, server);
    RawClient client(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
    client.set_reading(false);
    client.send(get("/stream"));
    shard.run_for(10s);
    EXPECT_EQ(shard.stats().evicted_stalled.value(), 1u);
  });
  EXPECT_NE(line.find(" bytes: no byte acknowledged for 3 s (--viewer-stall-timeout)"),
            std::string::npos)
      << line;
}

}  // namespace
}  // namespace fanlight
