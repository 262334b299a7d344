// SPDX-License-Identifier: Apache-2.0
#include "http/shard/tls_places.h"

#include <gtest/gtest.h>

#include <vector>

#include "http/state/admission.h"
#include "io/tls/tls_certificate.h"
#include "tests/io/tls/test_certificate.h"

namespace fanlight {
namespace {

const PeerAddress kOne = parse_address("192.0.2.1").value();
const PeerAddress kOther = parse_address("192.0.2.2").value();
const PeerAddress kHere = parse_address("127.0.0.1").value();

struct TlsPlacesTest : testing::Test {
  ~TlsPlacesTest() override {
    for (TlsLink* link : links) places.destroy(link);
    EXPECT_EQ(admission.addresses(), 0u);
  }

  // Whether there was a place.
  bool make(const PeerAddress& peer) {
    TlsLink* const link = places.make(peer);
    if (link != nullptr) links.push_back(link);
    return link != nullptr;
  }

  TestCertificate files;
  TlsCertificate certificate{files.certificate(), files.key(), false};
  Admission admission{{}, nullptr};
  TlsPlaces places{certificate, admission, 1000};
  std::vector<TlsLink*> links;
};

TEST_F(TlsPlacesTest, AnAddressHasItsShare) {
  for (size_t i = 0; i < TlsPlaces::kHandshakesPerAddress; ++i) EXPECT_TRUE(make(kOne));
  EXPECT_FALSE(make(kOne));
  EXPECT_TRUE(make(kOther));
  places.end_handshake(*links.front());
  EXPECT_TRUE(make(kOne));
  places.end_handshake(*links.front());  // the second time nothing happens
  EXPECT_FALSE(make(kOne));
}

TEST_F(TlsPlacesTest, AllTogetherHaveALimit) {
  for (size_t i = 0; i < TlsPlaces::kHandshakesMax; ++i) ASSERT_TRUE(make(kHere));
  EXPECT_FALSE(make(kHere));
  EXPECT_FALSE(make(kOther));
  EXPECT_EQ(places.handshakes(), TlsPlaces::kHandshakesMax);
  places.end_handshake(*links.front());
  EXPECT_TRUE(make(kOther));
}

}  // namespace
}  // namespace fanlight
