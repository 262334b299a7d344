// SPDX-License-Identifier: Apache-2.0
#include "tools/options/tls_options.h"

#include <gtest/gtest.h>

#include <string>

#include "io/listener.h"
#include "tests/tools/options/command_line.h"
#include "tools/options/command_line.h"
#include "tools/options/read_options.h"

namespace fanlight {
namespace {

Options parse(const std::string& line) {
  return read_options(parse_words_as("fanlight", read_command_line, line).value());
}

std::string mistake(const std::string& line) {
  return mistake_of([&] { parse(line); });
}

TEST(TlsOptions, AreOffUnlessThereIsACertificate) {
  EXPECT_EQ(parse("--source pattern").tls_cert, "");
  const Options options = parse("--source pattern --tls-cert c.pem --tls-key k.pem");
  EXPECT_EQ(options.tls_cert, "c.pem");
  EXPECT_EQ(options.tls_key, "k.pem");
  EXPECT_TRUE(options.kernel_tls);
  EXPECT_FALSE(parse("--tls-cert c.pem --kernel-tls off").kernel_tls);
}

TEST(TlsOptions, NeedACertificate) {
  EXPECT_EQ(mistake("--tls-key k.pem"),
            "--tls-key k.pem: there is no certificate; --tls-cert names one");
  EXPECT_EQ(mistake("--listen https://127.0.0.1:5443"),
            "--listen https://127.0.0.1:5443: there is no certificate; --tls-cert names one");
  EXPECT_EQ(mistake("--admin-listen https://127.0.0.1:5443"),
            "--admin-listen https://127.0.0.1:5443: there is no certificate; --tls-cert names one");
}

bool decide(const std::string& address, bool is_admin, bool has_certificate) {
  return uses_tls(parse_listen_address(address), is_admin, has_certificate);
}

TEST(TlsOptions, DecideWhichListenersUseIt) {
  for (const char* address : {"127.0.0.1:1", "0.0.0.0:1", "[::1]:1", "192.0.2.1:1", "1"}) {
    EXPECT_TRUE(decide(address, false, true)) << address;
    EXPECT_FALSE(decide(address, false, false)) << address;
  }
  EXPECT_FALSE(decide("unix:/run/x", false, true));
  EXPECT_FALSE(decide("unix:/run/x", true, true));
}

TEST(TlsOptions, LeaveLoopbackAddressesForAdministrationPlain) {
  for (const char* address : {"127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1"}) {
    EXPECT_FALSE(decide(address, true, true)) << address;
  }
  for (const char* address : {"0.0.0.0:1", "192.0.2.1:1", "[2001:db8::1]:1"}) {
    EXPECT_TRUE(decide(address, true, true)) << address;
  }
}

TEST(TlsOptions, FollowTheScheme) {
  EXPECT_FALSE(decide("http://0.0.0.0:1", false, true));
  EXPECT_FALSE(decide("http://0.0.0.0:1/", true, true));
  EXPECT_TRUE(decide("https://127.0.0.1:1/", true, true));
}

}  // namespace
}  // namespace fanlight
