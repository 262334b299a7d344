// SPDX-License-Identifier: Apache-2.0
#include "http/origin.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(Origin, WhoMayChangeSomething) {
  struct Case {
    const char* origin;
    const char* host;
    const char* cors_origin;
    bool allowed;
  };
  for (const Case& c : {
           Case{"http://pi:5000", "pi:5000", "", true},
           Case{"https://pi:5000", "pi:5000", "", true},  // TLS ends at a proxy
           Case{"http://PI.local:5000", "pi.Local:5000", "", true},
           Case{"http://pi", "pi", "", true},
           Case{"http://pi", "pi:80", "", true},
           Case{"https://pi", "pi:443", "", true},
           Case{"http://[::1]:5000", "[::1]:5000", "", true},
           Case{"https://home.example", "pi:5000", "https://home.example", true},
           Case{"https://Home.example", "pi:5000", "https://home.example", true},
           Case{"http://pi:5001", "pi:5000", "", false},
           Case{"http://pi", "pi:443", "", false},
           Case{"http://pi", "pi:5000", "", false},
           Case{"http://evil.example", "pi:5000", "", false},
           Case{"http://evil.example", "pi:5000", "https://home.example", false},
           Case{"http://home.example", "pi:5000", "https://home.example", false},
           Case{"http://pi:5000.evil.example", "pi:5000", "", false},
           Case{"http://pi:5000/", "pi:5000", "", false},
           Case{"ftp://pi:5000", "pi:5000", "", false},
           Case{"pi:5000", "pi:5000", "", false},
           Case{"http://", "", "", false},
           Case{"", "", "", false},
           Case{"", "pi:5000", "", false},
           Case{"null", "pi:5000", "", false},
           Case{"null", "null", "", false},
           Case{"http://evil.example", "pi:5000", "*", false},
           Case{"*", "pi:5000", "*", false},
       }) {
    EXPECT_EQ(may_change(c.origin, c.host, c.cors_origin), c.allowed)
        << c.origin << " at " << c.host << " with " << c.cors_origin;
  }
}

// What may change something may read it; `*` and clients that are no browsers may read only.
TEST(Origin, WhoMayRead) {
  EXPECT_TRUE(may_read("http://pi:5000", "pi:5000", ""));
  EXPECT_TRUE(may_read("https://home.example", "pi:5000", "https://home.example"));
  EXPECT_TRUE(may_read("http://any.example", "pi:5000", "*"));
  EXPECT_TRUE(may_read("", "pi:5000", ""));
  EXPECT_FALSE(may_read("http://evil.example", "pi:5000", ""));
  EXPECT_FALSE(may_read("http://evil.example", "pi:5000", "https://home.example"));
  EXPECT_FALSE(may_read("null", "pi:5000", ""));
}

}  // namespace
}  // namespace fanlight
