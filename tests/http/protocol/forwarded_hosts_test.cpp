// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/forwarded_hosts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/protocol/request.h"

namespace fanlight {
namespace {

using Hosts = std::vector<std::string>;

Hosts hosts(std::string_view forwarded_host, std::string_view forwarded) {
  Request request;
  request.forwarded_host = forwarded_host;
  request.forwarded = forwarded;
  Hosts all;
  ForwardedHosts reader(request);
  for (std::string_view host; reader.next(host);) all.emplace_back(host);
  return all;
}

TEST(ForwardedHosts, ReadsTheList) {
  EXPECT_EQ(hosts("", ""), Hosts{});
  EXPECT_EQ(hosts("cam.example.org", ""), Hosts{"cam.example.org"});
  EXPECT_EQ(hosts("a.example , b:80,,\t[::1]:5000,", ""),
            (Hosts{"a.example", "b:80", "[::1]:5000"}));
}

TEST(ForwardedHosts, ReadsForwarded) {
  EXPECT_EQ(hosts("", "for=192.0.2.7;host=a.example;proto=https, for=x; HOST = \"b:80\""),
            (Hosts{"a.example", "b:80"}));
  EXPECT_EQ(hosts("", "for=\"a;host=x\";by=host;hostx=1;xhost=2"), Hosts{});
  EXPECT_EQ(hosts("", "host="), Hosts{""});
  EXPECT_EQ(hosts("", ";,;host"), Hosts{""});
  EXPECT_EQ(hosts("c", "host=a"), (Hosts{"c", "a"}));
}

// So that nothing behind a quote that the client left open escapes the check.
TEST(ForwardedHosts, AnOpenQuoteIsReturnedWhole) {
  EXPECT_EQ(hosts("", "host=a, for=\"x, host=b"), (Hosts{"a", "for=\"x, host=b"}));
  EXPECT_EQ(hosts("", "for=\"x\\\", host=b"), Hosts{"for=\"x\\\", host=b"});
  EXPECT_EQ(hosts("", "for=\"x\\"), Hosts{"for=\"x\\"});
  EXPECT_EQ(hosts("", "for=\"\\\";host=x\";host=b"), Hosts{"b"});
}

}  // namespace
}  // namespace fanlight
