// SPDX-License-Identifier: Apache-2.0
#include "io/tls/tls_certificate.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "tests/io/tls/tls_pair.h"

namespace fanlight {
namespace {

std::string name_shown_by(const TlsCertificate& certificate) {
  TlsPair pair;
  TlsSession session(pair.outputs);
  EXPECT_TRUE(certificate.begin(session, -1));
  pair.client.advance();
  std::string hello = pair.client.take_output();
  while (!hello.empty()) {
    const std::span<char> room = session.input_room();
    const size_t size = std::min(room.size(), hello.size());
    std::copy_n(hello.begin(), size, room.begin());
    session.received(size);
    hello.erase(0, size);
    session.shake_hands();
  }
  pair.client.receive(session.output());
  session.sent(session.output().size());
  pair.client.advance();
  return pair.client.server_name();
}

TEST(TlsCertificate, ShowsTheNewPairAfterAReload) {
  TestCertificate files("old");
  TlsCertificate certificate(files.certificate(), files.key(), false);
  EXPECT_EQ(name_shown_by(certificate), "old");
  files.renew("new");
  EXPECT_EQ(name_shown_by(certificate), "old");
  certificate.reload();
  EXPECT_EQ(name_shown_by(certificate), "new");
}

TEST(TlsCertificate, KeepsTheOldPairWhenTheNewOneIsBad) {
  TestCertificate files("old");
  TlsCertificate certificate(files.certificate(), files.key(), false);
  std::ofstream(files.key()) << "no key";
  EXPECT_THROW(certificate.reload(), std::runtime_error);
  EXPECT_EQ(name_shown_by(certificate), "old");
}

}  // namespace
}  // namespace fanlight
