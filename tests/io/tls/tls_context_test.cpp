// SPDX-License-Identifier: Apache-2.0
#include "io/tls/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <stdexcept>

#include "tests/io/tls/test_certificate.h"
#include "tests/io/tls/tls_pair.h"

namespace fanlight {
namespace {

std::string refusal(const std::string& certificate, const std::string& key) {
  try {
    TlsContext(certificate, key);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << text;
}

TEST(TlsContext, SaysWhichFileIsMissing) {
  const TestCertificate pair;
  EXPECT_EQ(refusal("/nowhere/c.pem", pair.key()),
            "--tls-cert /nowhere/c.pem: No such file or directory");
  EXPECT_EQ(refusal(pair.certificate(), "/nowhere/k.pem"),
            "--tls-key /nowhere/k.pem: No such file or directory");
}

TEST(TlsContext, SaysWhatIsNotInAFile) {
  const TestCertificate pair;
  expect_contains(refusal(pair.key(), pair.key()), pair.key() + ": no certificate in PEM format");
  expect_contains(refusal(pair.certificate(), pair.certificate()),
                  pair.certificate() + ": no private key in PEM format without a passphrase");
}

TEST(TlsContext, RefusesTheKeyOfAnotherCertificate) {
  const TestCertificate one;
  const TestCertificate other;
  expect_contains(refusal(one.certificate(), other.key()),
                  "it is not the key of " + one.certificate());
}

TEST(TlsContext, TakesBothFromOneFile) {
  const TestCertificate pair;
  std::ofstream file(pair.certificate(), std::ios::app);
  file << std::ifstream(pair.key()).rdbuf();
  file.close();
  EXPECT_EQ(refusal(pair.certificate(), pair.certificate()), "accepted");
}

TEST(TlsContext, SpeaksTls12And13AndNothingOlder) {
  for (const auto& [version, name] :
       {std::pair{TLS1_3_VERSION, "TLSv1.3"}, std::pair{TLS1_2_VERSION, "TLSv1.2"}}) {
    TlsPair pair({.version = version});
    ASSERT_TRUE(pair.shake_hands()) << name;
    EXPECT_EQ(pair.client.version(), name);
    EXPECT_FALSE(pair.client.can_resume());
  }
  for (const int version : {TLS1_1_VERSION, TLS1_VERSION}) {
    TlsPair pair({.version = version});
    EXPECT_FALSE(pair.shake_hands());
  }
}

TEST(TlsContext, OffersNoCipherWithoutForwardSecrecyAndAuthentication) {
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                              "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    TlsPair pair({.version = TLS1_2_VERSION, .ciphers = ciphers});
    EXPECT_TRUE(pair.shake_hands()) << ciphers;
    EXPECT_EQ(pair.client.cipher(), ciphers);
  }
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-SHA",
                              "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
    TlsPair pair({.version = TLS1_2_VERSION, .ciphers = ciphers});
    EXPECT_FALSE(pair.shake_hands()) << ciphers;
  }
}

TEST(TlsContext, ChoosesHttpByAlpnAndRefusesOtherProtocols) {
  for (const char* protocol : {"http/1.1", "http/1.0"}) {
    TlsPair pair({.protocol = protocol});
    ASSERT_TRUE(pair.shake_hands());
    EXPECT_EQ(pair.client.protocol(), protocol);
  }
  TlsPair without;
  ASSERT_TRUE(without.shake_hands());
  EXPECT_EQ(without.client.protocol(), "");
  TlsPair http2({.protocol = "h2"});
  EXPECT_FALSE(http2.shake_hands());
}

}  // namespace
}  // namespace fanlight
