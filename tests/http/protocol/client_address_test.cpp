// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/protocol/request.h"

namespace fanlight {
namespace {

const PeerAddress kUnixPeer{.bytes = {}, .is_local = true};

// Whether a request with these fields, from this machine, counts as its own.
bool is_local(const std::string& fields, const std::string& version = "1.1") {
  RequestParser parser;
  const std::string text = "GET / HTTP/" + version + "\r\n" + fields + "\r\n";
  EXPECT_EQ(parser.parse(text), ParseStatus::done) << parser.error_reason();
  for (const PeerAddress& peer : {parse_address("127.0.0.1").value(), kUnixPeer}) {
    EXPECT_EQ(client_address(peer, parser.request(), {}).is_local,
              is_of_this_machine(parser.request()));
  }
  EXPECT_FALSE(client_address(parse_address("192.0.2.7").value(), parser.request(), {}).is_local);
  return is_of_this_machine(parser.request());
}

// The client's address if `peer` sends this field; prefixed with "*" if it counts as local.
std::string client(const PeerAddress& peer, std::string_view forwarded_for,
                   const std::vector<std::string>& trusted = {}) {
  std::vector<AddressRange> ranges;
  for (const std::string& range : trusted) ranges.emplace_back(range);
  Request request;
  request.forwarded_for = forwarded_for;
  request.is_forwarded = !forwarded_for.empty();
  const PeerAddress address = client_address(peer, request, ranges);
  char room[kAddressTextMax];
  return (address.is_local ? "*" : "") + std::string(format_address(address, room));
}

std::string client(const std::string& peer, std::string_view forwarded_for,
                   const std::vector<std::string>& trusted = {}) {
  return client(parse_address(peer).value(), forwarded_for, trusted);
}

TEST(ClientAddress, WithoutAProxyItIsThePeer) {
  EXPECT_EQ(client("192.0.2.7", ""), "192.0.2.7");
  EXPECT_EQ(client("127.0.0.1", ""), "*127.0.0.1");
  EXPECT_EQ(client(kUnixPeer, ""), "*unix");
}

TEST(ClientAddress, WhoIsNotTrustedIsNotBelieved) {
  EXPECT_EQ(client("192.0.2.7", "127.0.0.1"), "192.0.2.7");
  EXPECT_EQ(client("192.0.2.7", "203.0.113.9", {"10.0.0.0/8"}), "192.0.2.7");
  // But a request through a proxy, known or not, does not count as local.
  EXPECT_EQ(client("127.0.0.1", "203.0.113.9"), "127.0.0.1");
  EXPECT_EQ(client(kUnixPeer, "203.0.113.9"), "unknown");
}

TEST(ClientAddress, WhoMaySpeakForOthersIsNotLocal) {
  for (const char* host :
       {"localhost", "LOCALHOST.:5000", "127.0.0.1:5000", "[::1]", "127.8.8.8"}) {
    EXPECT_TRUE(is_local("Host: " + std::string(host) + "\r\n")) << host;
  }
  EXPECT_TRUE(is_local("", "1.0"));
  for (const char* host :
       {"cam.example.org", "sim", "pi5.local", "192.0.2.1", "0.0.0.0", "[::2]"}) {
    EXPECT_FALSE(is_local("Host: " + std::string(host) + "\r\n")) << host;
  }
  for (const char* field :
       {"Via: 1.1 proxy", "via:", "Forwarded: proto=https", "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Host: localhost", "x-forwarded-proto: https", "X-Forwarded-Anything: 1",
        "X-Real-IP: 127.0.0.1"}) {
    EXPECT_FALSE(is_local("Host: localhost\r\n" + std::string(field) + "\r\n")) << field;
  }
  EXPECT_TRUE(is_local("Host: localhost\r\nX-Forwarded: 1\r\nX-Requested-With: x\r\n"));
}

TEST(ClientAddress, ATrustedProxyTellsItsClient) {
  EXPECT_EQ(client("10.0.0.1", "203.0.113.9", {"10.0.0.0/8"}), "203.0.113.9");
  EXPECT_EQ(client(kUnixPeer, "2001:db8::7", {"unix"}), "2001:db8::7");
  EXPECT_EQ(client("127.0.0.1", "127.0.0.1", {"127.0.0.1"}), "127.0.0.1");  // and not local
}

TEST(ClientAddress, WhatTheClientItselfSaidIsNotBelieved) {
  EXPECT_EQ(client("10.0.0.1", "127.0.0.1, 198.51.100.1,203.0.113.9", {"10.0.0.0/8"}),
            "203.0.113.9");
}

TEST(ClientAddress, ProxiesBehindProxiesArePassed) {
  const std::vector<std::string> trusted = {"10.0.0.0/8", "2001:db8::/32", "unix"};
  EXPECT_EQ(client(kUnixPeer, "1.1.1.1, 203.0.113.9 ,\t2001:db8::1,  10.1.1.1", trusted),
            "203.0.113.9");
  // All are trusted: the farthest one is the client itself.
  EXPECT_EQ(client("10.0.0.1", "10.0.0.9, 10.0.0.2", trusted), "10.0.0.9");
}

TEST(ClientAddress, PortsAndBracketsAreLeftOut) {
  const std::vector<std::string> trusted = {"10.0.0.0/8"};
  EXPECT_EQ(client("10.0.0.1", "203.0.113.9:4711", trusted), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", "[2001:db8::7]:4711", trusted), "2001:db8::7");
  EXPECT_EQ(client("10.0.0.1", "[2001:db8::7]", trusted), "2001:db8::7");
  EXPECT_EQ(client("10.0.0.1", "::ffff:203.0.113.9", trusted), "203.0.113.9");
}

TEST(ClientAddress, WhatIsMalformedLeavesTheNearestProxyThatIsKnown) {
  for (const char* field :
       {"unknown", "_hidden", "203.0.113.9 x", ",", "203.0.113.9,", "<script>", "1.2.3", "[::1",
        "[::1]x", "[::1]:", "203.0.113.9:", "203.0.113.9:x", "203.0.113.9:123456", "::1%lo",
        "203.0.113.9:80:80", "\"203.0.113.9\"", "::", "[::]:80", "0::0"}) {
    EXPECT_EQ(client("10.0.0.1", field, {"10.0.0.0/8"}), "10.0.0.1") << field;
    EXPECT_EQ(client("10.0.0.1", std::string(field) + ", 10.0.0.2", {"10.0.0.0/8"}), "10.0.0.2");
  }
  // A proxy that sends no field may forward requests of any client.
  EXPECT_EQ(client("127.0.0.1", "", {"127.0.0.0/8"}), "127.0.0.1");
}

}  // namespace
}  // namespace fanlight
