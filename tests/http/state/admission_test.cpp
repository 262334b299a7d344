// SPDX-License-Identifier: Apache-2.0
#include "http/state/admission.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <utility>
#include <vector>

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
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), b), Verdict::address_full)
      << "viewers are counted before there is a limit";
  admission.set_limits({.viewers_max = 3});
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), b), Verdict::admitted);
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

// ---- connections ----

struct Entered {
  Verdict verdict;
  ConnectionPlace place;
};

Entered enter(Admission& admission, const PeerAddress& peer, bool by_admin_listener = false) {
  Entered entered;
  entered.verdict = admission.enter(peer, by_admin_listener, entered.place);
  EXPECT_EQ(entered.place.taken(), entered.verdict == Verdict::admitted);
  return entered;
}

// Enters until it is refused; returns why.
Verdict fill(Admission& admission, const PeerAddress& peer, std::vector<ConnectionPlace>& places,
             bool by_admin_listener = false) {
  for (;;) {
    Entered entered = enter(admission, peer, by_admin_listener);
    if (entered.verdict != Verdict::admitted) return entered.verdict;
    places.push_back(entered.place);
  }
}

void leave_all(Admission& admission, std::vector<ConnectionPlace>& places) {
  for (ConnectionPlace& place : places) admission.leave(place);
  places.clear();
}

TEST(Admission, AnAddressMayHaveConnectionsForHalfOfTheViewers) {
  for (const auto& [viewers, share] : {std::pair{1000u, 500u}, {33u, 16u}, {1u, 16u}}) {
    Admission admission({.viewers_max = viewers}, nullptr);
    std::vector<ConnectionPlace> places, others;
    EXPECT_EQ(admission.config().connections_per_address, share);
    EXPECT_EQ(fill(admission, v4("10.0.0.1"), places), Verdict::address_full);
    EXPECT_EQ(places.size(), share);
    EXPECT_LE(share, admission.connections_max() / 2);
    EXPECT_EQ(fill(admission, v4("10.0.0.2"), others), Verdict::address_full);
    EXPECT_EQ(others.size(), share);
    leave_all(admission, places);
    EXPECT_EQ(admission.connections(), share);
    EXPECT_EQ(fill(admission, v4("10.0.0.1"), places), Verdict::address_full);
    leave_all(admission, places);
    leave_all(admission, others);
    EXPECT_EQ(admission.connections(), 0u);
  }
}

TEST(Admission, TheShareOfAnAddressMayBeSet) {
  Admission admission({.viewers_max = 100, .connections_per_address = 3}, nullptr);
  std::vector<ConnectionPlace> places;
  EXPECT_EQ(fill(admission, v6("2001:db8:1:2::1"), places), Verdict::address_full);
  EXPECT_EQ(places.size(), 3u);
  EXPECT_EQ(enter(admission, v6("2001:db8:1:2:ffff::9")).verdict, Verdict::address_full);
  admission.set_limits({.viewers_max = 100, .connections_per_address = 0});
  EXPECT_EQ(fill(admission, v6("2001:db8:1:2::1"), places), Verdict::full);
  EXPECT_EQ(places.size(), admission.connections_max());
  leave_all(admission, places);
}

// A client that has its share is refused for that reason, so that it takes nobody's place.
TEST(Admission, TheShareIsExaminedBeforeThePlaces) {
  Admission admission({.viewers_max = 1}, nullptr);
  std::vector<ConnectionPlace> places;
  EXPECT_EQ(fill(admission, v4("10.0.0.1"), places), Verdict::address_full);
  EXPECT_EQ(fill(admission, v4("127.0.0.1", true), places), Verdict::full);
  EXPECT_EQ(enter(admission, v4("10.0.0.1")).verdict, Verdict::address_full);
  EXPECT_EQ(enter(admission, v4("10.0.0.2")).verdict, Verdict::full);
  leave_all(admission, places);
}

// Each of these addresses may stand for many clients.
TEST(Admission, ThisMachineAndTrustedProxiesHaveNoShare) {
  const std::vector<AddressRange> trusted{AddressRange("192.0.2.0/24")};
  Admission admission({.viewers_max = 4, .connections_per_address = 2}, nullptr, trusted);
  PeerAddress marked_as_forwarded = v4("127.0.0.1");
  for (const PeerAddress& peer :
       {v4("127.0.0.1", true), marked_as_forwarded, v6("::1"), v4("192.0.2.9"),
        PeerAddress{.bytes = {}, .is_local = true}, PeerAddress{}}) {
    std::vector<ConnectionPlace> places;
    EXPECT_EQ(fill(admission, peer, places), Verdict::full);
    leave_all(admission, places);
    ViewerPlace viewers[4];
    for (ViewerPlace& viewer : viewers) {
      EXPECT_EQ(admit(admission, peer, viewer), Verdict::admitted);
    }
    for (ViewerPlace& viewer : viewers) admission.leave(viewer);
  }
}

// Its connections are the proxy's, but its streams are its own.
TEST(Admission, AClientBehindATrustedProxyHasItsShareOfStreams) {
  const std::vector<AddressRange> trusted{AddressRange("192.0.2.0/24")};
  Admission admission({.viewers_max = 40, .connections_per_address = 2}, nullptr, trusted);
  ViewerPlace a, b, c;
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), a), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), b), Verdict::admitted);
  EXPECT_EQ(admit(admission, v4("10.0.0.1"), c), Verdict::address_full);
  EXPECT_EQ(admit(admission, v4("10.0.0.2"), c), Verdict::admitted);
  for (ViewerPlace* place : {&a, &b, &c}) admission.leave(*place);
}

TEST(Admission, TheAdminListenerHasPlacesOfItsOwn) {
  Admission admission({.viewers_max = 1}, nullptr);
  std::vector<ConnectionPlace> places, admins;
  EXPECT_EQ(fill(admission, v4("127.0.0.1", true), places), Verdict::full);
  EXPECT_EQ(fill(admission, v4("10.0.0.1"), admins, true), Verdict::full);
  EXPECT_EQ(admins.size(), kAdminPlaces) << "without a limit by address";
  leave_all(admission, places);
  leave_all(admission, admins);
  EXPECT_EQ(admission.connections(), 0u);
}

TEST(Admission, ReportsAndTablesAreSharedByAddressEachByItself) {
  Admission admission({.viewers_max = 100}, nullptr);
  std::vector<std::pair<AddressTable::Entry, Held>> shares;
  for (const Held kind : {Held::report, Held::table}) {
    AddressTable::Entry share;
    for (size_t i = 0; i < kBodiesPerAddress; ++i) {
      EXPECT_TRUE(admission.take_share(v4("10.0.0.1"), kind, share));
      shares.emplace_back(share, kind);
    }
    EXPECT_FALSE(admission.take_share(v4("10.0.0.1"), kind, share));
    EXPECT_TRUE(admission.take_share(v4("10.0.0.2"), kind, share));
    shares.emplace_back(share, kind);
    for (size_t i = 0; i < 4 * kBodiesPerAddress; ++i) {
      EXPECT_TRUE(admission.take_share(v4("127.0.0.1", true), kind, share));
      admission.return_share(share, kind);
    }
  }
  for (const auto& [share, kind] : shares) admission.return_share(share, kind);
}

// ---- the wire ----

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

// They were admitted by an earlier process: what ends them is only that there is no room.
TEST(Admission, KeepsViewersWhateverTheLimitsAre) {
  WireConfig wire_config;
  wire_config.bits_per_second = 8'000'000;
  Wire wire(wire_config, 1);
  Admission admission({.viewers_max = 3}, &wire);
  admission.set_limits({.viewers_max = 1, .viewers_per_address = 1, .connections_per_address = 1});
  ViewerPlace places[4];
  EXPECT_TRUE(admission.keep(v4("10.0.0.1"), 100'000, places[0]));
  EXPECT_TRUE(places[0].paced);
  EXPECT_EQ(wire.claimed(), 100'000u);
  EXPECT_TRUE(admission.keep(v4("10.0.0.1"), 10'000'000, places[1]));
  EXPECT_EQ(wire.claimed(), 100'000u) << "there is no more";
  EXPECT_TRUE(admission.keep(v4("127.0.0.1", true), 0, places[2]));
  EXPECT_FALSE(places[2].paced);
  EXPECT_FALSE(admission.keep(v4("10.0.0.2"), 0, places[3]));
  EXPECT_EQ(admission.viewers(), 3u);
  EXPECT_EQ(admission.addresses(), 2u);
  for (ViewerPlace& place : places) admission.leave(place);
  EXPECT_EQ(admission.viewers(), 0u);
  EXPECT_EQ(admission.addresses(), 0u);
  EXPECT_EQ(wire.claimed(), 0u);

  std::vector<ConnectionPlace> connections(admission.connections_max() + 1);
  for (size_t i = 0; i < connections.size(); ++i) {
    const bool has_place = i < admission.connections_max();
    EXPECT_EQ(admission.keep(v4("10.0.0.1"), false, connections[i]), has_place) << i;
  }
  for (ConnectionPlace& place : connections) admission.leave(place);
  EXPECT_EQ(admission.connections(), 0u);
}

}  // namespace
}  // namespace fanlight
