// SPDX-License-Identifier: Apache-2.0
#include "io/address_range.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace fanlight {
namespace {

PeerAddress peer(std::string_view text) {
  const auto address = parse_address(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(PeerAddress{});
}

bool contains(std::string_view range, std::string_view address) {
  return AddressRange(range).contains(peer(address));
}

const PeerAddress kUnixPeer{.bytes = {}, .is_local = true};

TEST(AddressRangeTest, ContainsTheAddressesOfItsNetwork) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.0.0.0"));
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_FALSE(contains("10.0.0.0/8", "9.255.255.255"));
  EXPECT_TRUE(contains("192.0.2.96/27", "192.0.2.127"));
  EXPECT_FALSE(contains("192.0.2.96/27", "192.0.2.128"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "10.0.0.1"));
}

TEST(AddressRangeTest, OneAddressIsARange) {
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(contains("192.0.2.7/32", "192.0.2.7"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1/128", "::2"));
}

TEST(AddressRangeTest, MatchesIpv4ClientsOfAnIpv6Listener) {
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_EQ(AddressRange("::ffff:10.1.2.3"), AddressRange("10.1.2.3"));
}

TEST(AddressRangeTest, WholeFamilyDoesNotMatchOthers) {
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "203.0.113.9"));
  for (const char* range : {"0.0.0.0/0", "::/0"}) {
    EXPECT_FALSE(AddressRange(range).contains(kUnixPeer)) << range;
    EXPECT_FALSE(AddressRange(range).contains(PeerAddress{})) << range;
  }
}

TEST(AddressRangeTest, UnixMatchesClientsOfUnixSockets) {
  const AddressRange range("unix");
  EXPECT_TRUE(range.contains(kUnixPeer));
  EXPECT_FALSE(range.contains(peer("127.0.0.1")));
  // An address that the kernel did not report is in no range.
  EXPECT_FALSE(range.contains(PeerAddress{}));
}

TEST(AddressRangeTest, FormatsAsItWasParsed) {
  for (const char* text :
       {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.7", "::1", "::/0", "2001:db8::/32", "unix"}) {
    EXPECT_EQ(AddressRange(text).text(), text);
    EXPECT_EQ(AddressRange(AddressRange(text).text()), AddressRange(text));
  }
  EXPECT_EQ(AddressRange("192.0.2.7/32").text(), "192.0.2.7");
}

TEST(AddressRangeTest, RefusesInvalidRanges) {
  for (const char* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
        " 10.0.0.0/8", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.256", "::/129", "[::1]", "::1%lo",
        "unix:/run/fanlight.sock", "UNIX", "localhost", "10.0.0.0/99999999999999999999"}) {
    EXPECT_THROW(AddressRange{text}, std::invalid_argument) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_THROW(AddressRange{"10.0.0.0\0/8"sv}, std::invalid_argument);
}

TEST(AddressRangeTest, BitsAfterThePrefixAreRefusedWithBothReadings) {
  try {
    AddressRange{"10.1.2.3/8"};
    FAIL() << "taken";
  } catch (const std::invalid_argument& error) {
    const std::string_view what = error.what();
    EXPECT_NE(what.find("'10.0.0.0/8'"), std::string_view::npos) << what;
    EXPECT_NE(what.find("'10.1.2.3'"), std::string_view::npos) << what;
  }
  EXPECT_THROW(AddressRange{"::1/0"}, std::invalid_argument);
}

}  // namespace
}  // namespace fanlight
