// SPDX-License-Identifier: Apache-2.0
// The values of --listen.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "io/listener.h"

namespace fanlight {
namespace {

using Family = ListenAddress::Family;

TEST(ListenAddressTest, ParsesValidAddresses) {
  const struct {
    std::string text;
    Family family;
    std::string host;
    int port;
  } cases[] = {
      {"127.0.0.1:5000", Family::tcp4, "127.0.0.1", 5000},
      {"192.168.1.20:80", Family::tcp4, "192.168.1.20", 80},
      {"localhost:5000", Family::tcp4, "127.0.0.1", 5000},
      {"*:5000", Family::tcp4, "0.0.0.0", 5000},
      {":5000", Family::tcp4, "0.0.0.0", 5000},
      {"5000", Family::tcp4, "0.0.0.0", 5000},
      {"127.0.0.1:0", Family::tcp4, "127.0.0.1", 0},
      {"0", Family::tcp4, "0.0.0.0", 0},
      {"65535", Family::tcp4, "0.0.0.0", 65535},
      {"[::1]:5000", Family::tcp6, "::1", 5000},
      {"[::]:5000", Family::tcp6, "::", 5000},
      {"[fd00::12:34]:65535", Family::tcp6, "fd00::12:34", 65535},
      {"unix:/run/fanlight.sock", Family::unix_path, "/run/fanlight.sock", 0},
      {"unix:relative:5000", Family::unix_path, "relative:5000", 0},
      {"unix:/" + std::string(106, 'x'), Family::unix_path, "/" + std::string(106, 'x'), 0},
  };
  for (const auto& wanted : cases) {
    SCOPED_TRACE(wanted.text);
    const ListenAddress address = parse_listen_address(wanted.text);
    EXPECT_EQ(address.family, wanted.family);
    EXPECT_EQ(address.host, wanted.host);
    EXPECT_EQ(address.port, wanted.port);
  }
}

TEST(ListenAddressTest, InvalidAddressesNameTheProblem) {
  const struct {
    std::string text;
    std::string why;
  } cases[] = {
      {"", "port must be a number"},
      {":", "port must be a number"},
      {"127.0.0.1", "port is missing"},
      {"localhost", "port is missing"},
      {"127.0.0.1:", "port must be a number"},
      {"127.0.0.1:http", "port must be a number"},
      {"127.0.0.1:65536", "port must be a number"},
      {"127.0.0.1:99999999999999999999", "port must be a number"},
      {"127.0.0.1:-1", "port must be a number"},
      {"127.0.0.1:-0", "port must be a number"},
      {"127.0.0.1:+5", "port must be a number"},
      {"127.0.0.1: 5", "port must be a number"},
      {"127.0.0.1:5000 ", "port must be a number"},
      {"99999", "port must be a number"},
      {"127.0.0:5000", "address must be a number"},
      {"256.0.0.1:5000", "address must be a number"},
      {"camera.example:5000", "address must be a number"},
      {" 127.0.0.1:5000", "address must be a number"},
      {"::1:5000", "in brackets"},
      {"[::1]", "port must be a number"},
      {"[]:5000", "address must be a number"},
      {"[127.0.0.1]:5000", "address must be a number"},
      {"[::g]:5000", "address must be a number"},
      {"unix:", "path is missing"},
      {"unix:/" + std::string(107, 'x'), "shorter than 108 bytes"},
  };
  for (const auto& wanted : cases) {
    SCOPED_TRACE(wanted.text);
    try {
      parse_listen_address(wanted.text);
      ADD_FAILURE() << "expected an exception";
    } catch (const std::invalid_argument& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find(wanted.why), what.npos) << what;
      EXPECT_NE(what.find("'" + wanted.text + "'"), what.npos) << what;
    }
  }
}

TEST(ListenAddressTest, PathWithANulIsInvalid) {
  EXPECT_THROW(parse_listen_address({"unix:/a\0b", 9}), std::invalid_argument);
}

}  // namespace
}  // namespace fanlight
