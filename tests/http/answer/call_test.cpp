// SPDX-License-Identifier: Apache-2.0
// The client is tested in client_address_test.cpp; here is what is logged.
#include "http/answer/call.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

// What is logged about these requests, from this machine and from elsewhere.
std::string logged(const std::string& trusted, const std::string& fields, const std::string& host) {
  ServerConfig config;
  if (!trusted.empty()) config.trusted_proxies.emplace_back(trusted);
  ShardWorld shard(calm_world(), config);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    ask_from(shard, kThisMachine, local_get("/viewers", fields, host));
    ask_from(shard, parse_address("192.0.2.7").value(), local_get("/viewers", fields, host));
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Call, WarnsOnceOfAProxyThatIsNotTrusted) {
  const std::string rest =
      ") may come through a proxy, so it does not count as this machine's own; --trusted-proxy "
      "127.0.0.1 tells the proxy's clients apart, if it sends X-Forwarded-For\n";
  EXPECT_EQ(logged("", "", "pi5:5000"), "a request from 127.0.0.1 (Host: pi5:5000" + rest);
  EXPECT_EQ(logged("", "Via: 1.1 x\r\n", "localhost"),
            "a request from 127.0.0.1 (it has a field that proxies add" + rest);
}

TEST(Call, WarnsOfNothingElse) {
  EXPECT_EQ(logged("", "", "localhost"), "");
  EXPECT_EQ(logged("127.0.0.1", "Via: 1.1 x\r\n", "pi5"), "");
}

}  // namespace
}  // namespace fanlight
