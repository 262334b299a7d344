// SPDX-License-Identifier: Apache-2.0
#include "http/state/admission.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

#include "http/state/wire.h"

namespace fanlight {
namespace {

PeerAddress v4(const char* text, bool local = false) {
  PeerAddress peer;
  peer.is_local = local;
  peer.bytes[10] = peer.bytes[11] = std::byte{0xff};
  EXPECT_EQ(::inet_pton(AF_INET, text, peer.bytes.data() + 12), 1);
  return peer;
}

PeerAddress v6(const char* text) {
  PeerAddress peer;
  EXPECT_EQ(::inet_pton(AF_INET6, text, peer.bytes.data()), 1);
  return peer;
}

Verdict admit(Admission& admission, const PeerAddress& peer, ViewerPlace& place, double fps = 0) {
  return admission.admit(peer, 44'000, fps, place);
}

TEST(Admission, CountsAdmissionsAndTheMaximum) {
  Admission admission({.viewers_max = 2}, nullptr);
  ViewerPlace a, b, c;
  EXPECT_EQ(admission.most(), 0u);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), a), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.2"), b), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.3"), c), Verdict::full);
  admission.leave(a);
  admission.leave(b);
  EXPECT_EQ(admit(admission, v4("10.0.0.3"), c), Verdict::admitted);
  EXPECT_EQ(admission.admitted(), 3u);
  EXPECT_EQ(admission.most(), 2u);
  admission.leave(b);
  admission.leave(c);
}

TEST(Admission, LimitsMayChangeWhileViewersAreConnected) {
  Admission admission({.viewers_max = 3}, nullptr);
  ViewerPlace a, b, c;
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), a), Verdict::admitted);
  admission.set_limits({.viewers_max = 1, .viewers_per_address = 1});
  EXPECT_EQ(admission.config().viewers_max, 1u);
  EXPECT_EQ(admit(admission, v4("10.0.0.2"), b), Verdict::full);
  admission.set_limits({.viewers_max = 3, .viewers_per_address = 1});
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), b), Verdict::admitted)
      << "no viewer was counted before";
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), c), Verdict::address_full);
  admission.set_limits({.viewers_max = 3});
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), c), Verdict::admitted);
  for (ViewerPlace* place : {&a, &b, &c}) admission.leave(*place);
  EXPECT_EQ(admission.viewers(), 0u);
  EXPECT_DEATH(admission.set_limits({.viewers_max = 4}), "");
}

TEST(Admission, LimitsTheTotalOfViewers) {
  Admission admission({.viewers_max = 2}, nullptr);
  ViewerPlace a, b, c;
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), a), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), b), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.2"), c), Verdict::full);
  EXPECT_FALSE(c.taken);
  admission.leave(a);
  admission.leave(a);  // the place is released only once
  EXPECT_EQ(admission.viewers(), 1u);
  EXPECT_EQ(admit(admission, v4("10.0.0.2"), c), Verdict::admitted);
  admission.leave(b);
  admission.leave(c);
  EXPECT_EQ(admission.viewers(), 0u);
}

TEST(Admission, LimitsViewersPerAddress) {
  Admission admission({.viewers_max = 100, .viewers_per_address = 2}, nullptr);
  ViewerPlace places[3];
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), places[0]), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), places[1]), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), places[2]), Verdict::address_full);
  EXPECT_EQ(admission.viewers(), 2u);
  ViewerPlace other;
  EXPECT_EQ(admit(admission, v4("10.0.0.2"), other), Verdict::admitted);
  admission.leave(places[0]);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), places[2]), Verdict::admitted);
  for (ViewerPlace* place : {&places[1], &places[2], &other}) admission.leave(*place);
  EXPECT_EQ(admission.viewers(), 0u);
}

TEST(Admission, Ipv6AddressesCountByTheir64BitPrefix) {
  Admission admission({.viewers_max = 100, .viewers_per_address = 1}, nullptr);
  ViewerPlace a, b, c;
  EXPECT_EQ(admit(admission, v6("2001:db8:1:2::1"), a), Verdict::admitted);
  EXPECT_EQ(admit(admission, v6("2001:db8:1:2:ffff::9"), b), Verdict::address_full);
  EXPECT_EQ(admit(admission, v6("2001:db8:1:3::1"), c), Verdict::admitted);
  admission.leave(a);
  admission.leave(c);
}

TEST(Admission, UnixSocketClientsHaveNoAddressLimit) {
  Admission admission({.viewers_max = 100, .viewers_per_address = 1}, nullptr);
  const PeerAddress peer{.bytes = {}, .is_local = true};
  ViewerPlace a, b;
  EXPECT_EQ(admit(admission, peer, a), Verdict::admitted);
  EXPECT_EQ(admit(admission, peer, b), Verdict::admitted);
  admission.leave(a);
  admission.leave(b);
}

// 10 Mbit/s are 1,187,500 usable bytes a second; a frame of 44,000 bytes takes 46,790 with its
// framing; at half a frame a second each, 50 viewers fit.
TEST(Admission, LimitsViewersByTheWire) {
  Wire wire({.bits_per_second = 10'000'000, .min_fps = 0.5}, 1);
  Admission admission({.viewers_max = 1000}, &wire);
  ViewerPlace places[51];
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(admit(admission, v4("10.0.0.1"), places[i]), Verdict::admitted) << i;
    EXPECT_TRUE(places[i].paced);
  }
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), places[50]), Verdict::wire_full);
  EXPECT_EQ(admission.viewers(), 50u);
  // A viewer that wants one frame in ten seconds is guaranteed no more.
  ViewerPlace modest;
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), modest, 0.1), Verdict::admitted);
  admission.leave(modest);
  admission.leave(places[0]);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), places[50]), Verdict::admitted);
  for (int i = 1; i <= 50; ++i) admission.leave(places[i]);
  EXPECT_EQ(wire.claimed(), 0u);
}

TEST(Admission, LocalViewersUseTheWireOnlyIfConfigured) {
  const PeerAddress local = v4("127.0.0.1", true);
  Wire link({.bits_per_second = 1'000'000'000, .local_too = false}, 1);
  Admission admission({.viewers_max = 10}, &link);
  ViewerPlace a, b;
  EXPECT_EQ(admit(admission, local, a), Verdict::admitted);
  EXPECT_FALSE(a.paced);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), b), Verdict::admitted);
  EXPECT_TRUE(b.paced);
  admission.leave(a);
  admission.leave(b);

  Wire flag({.bits_per_second = 1'000'000'000, .local_too = true}, 1);
  Admission strict({.viewers_max = 10}, &flag);
  EXPECT_EQ(admit(strict, local, a), Verdict::admitted);
  EXPECT_TRUE(a.paced);
  strict.leave(a);
}

}  // namespace
}  // namespace fanlight
