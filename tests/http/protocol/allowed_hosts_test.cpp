// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/allowed_hosts.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace fanlight {
namespace {

AllowedHosts adding(std::initializer_list<const char*> names) {
  AllowedHosts hosts;
  for (const char* name : names) hosts.add(name);
  return hosts;
}

TEST(AllowedHosts, NamesThatNoStrangerOwnsAreOurs) {
  const AllowedHosts hosts;
  for (const char* name : {"",
                           ":5000",
                           "127.0.0.1",
                           "192.0.2.7:5000",
                           "192.0.2.7.",
                           "[::1]",
                           "[2001:db8::7]:80",
                           "[::ffff:192.0.2.7]:",
                           "[v1.x]",
                           "localhost",
                           "LocalHost:80",
                           "localhost.",
                           "a.b.localhost",
                           "sim",
                           "my_cam:5000",
                           "pi5.",
                           "octopi.local",
                           "OctoPi.LOCAL.:80",
                           "a.b.local",
                           "cam.lan",
                           "cam.home.arpa",
                           "host.docker.internal"}) {
    EXPECT_TRUE(hosts.has(name)) << name;
  }
}

TEST(AllowedHosts, OthersAreNot) {
  const AllowedHosts hosts;
  for (const char* name : {"evil.example",
                           "evil.example:5000",
                           "EVIL.example.",
                           "127.0.0.1.evil.example",
                           "1.2.3.4.5",
                           "1.2.3.999",
                           "0x7f.1",
                           "evillocal.example",
                           "a.notlocal",
                           "local.evil.example",
                           "home.arpa",
                           "arpa.home",
                           "evil%2eexample",
                           "evil%2Eexample",
                           "localhost%2e",
                           "localhost.evil.example",
                           "xn--bcher-kva.example",
                           "a..b",
                           "a.b..",
                           ".local",
                           "evil.example.local.org"}) {
    EXPECT_FALSE(hosts.has(name)) << name;
  }
}

TEST(AllowedHosts, AddedNamesAreOurs) {
  const AllowedHosts hosts = adding({"Cam.Example.ORG", "xn--bcher-kva.example.", "pi5.fritz.box"});
  for (const char* name : {"cam.example.org", "CAM.example.org:8443", "cam.example.org.",
                           "XN--bcher-kva.example", "pi5.fritz.box"}) {
    EXPECT_TRUE(hosts.has(name)) << name;
  }
  for (const char* name : {"example.org", "a.cam.example.org", "xcam.example.org",
                           "cam.example.org.evil.example", "cam.example.org..", "fritz.box"}) {
    EXPECT_FALSE(hosts.has(name)) << name;
  }
  EXPECT_FALSE(hosts.has_all());
}

TEST(AllowedHosts, AsteriskStandsForAllNamesBelow) {
  const AllowedHosts hosts = adding({"*.Example.org"});
  for (const char* name : {"cam.example.org", "A.B.EXAMPLE.ORG:80", "cam.example.org."}) {
    EXPECT_TRUE(hosts.has(name)) << name;
  }
  for (const char* name : {"example.org", ".example.org", "xexample.org", "cam.example.org.x"}) {
    EXPECT_FALSE(hosts.has(name)) << name;
  }
  const AllowedHosts all = adding({"*"});
  EXPECT_TRUE(all.has("evil.example"));
  EXPECT_TRUE(all.has_all());
}

TEST(AllowedHosts, MistakesAreNamed) {
  for (const char* wrong :
       {"", "http://cam.example.org", "cam.example.org:80", "cam.example.org/x", "*cam.example.org",
        "cam.*.org", "*.", "**", ".", "a..b", ".example.org", "*.*.org", "a b", "[::1]", "::1",
        "b\xc3\xbc"
        "cher.example",
        "a%2e"}) {
    AllowedHosts hosts;
    try {
      hosts.add(wrong);
      ADD_FAILURE() << "accepted: " << wrong;
    } catch (const std::invalid_argument& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("'" + std::string(wrong) + "': a name "))
          << error.what();
    }
    EXPECT_EQ(hosts, AllowedHosts());
  }
  EXPECT_TRUE(is_host_name(std::string(63, 'a') + ".b"));
  EXPECT_FALSE(is_host_name(std::string(64, 'a') + ".b"));
  std::string longest = "a";
  while (longest.size() < 253) longest += ".a";
  EXPECT_TRUE(is_host_name(longest));
  EXPECT_FALSE(is_host_name(longest + "a"));
}

TEST(AllowedHosts, LoopbackIsNamedInFewWays) {
  for (const char* name : {"localhost", "LOCALHOST.:80", "cam.localhost", "127.0.0.1:5000",
                           "127.9.9.9", "[::1]:5000", "[::ffff:127.0.0.1]"}) {
    EXPECT_TRUE(names_loopback(name)) << name;
  }
  for (const char* name : {"", "sim", "cam.local", "evil.example", "128.0.0.1", "0.0.0.0", "[::]",
                           "[::2]", "localhost.evil.example", "xlocalhost", "127.1", "[v1.x]"}) {
    EXPECT_FALSE(names_loopback(name)) << name;
  }
}

}  // namespace
}  // namespace fanlight
