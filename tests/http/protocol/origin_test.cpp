// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/origin.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanlight {
namespace {

using Named = std::vector<std::string>;

Named named_by(const std::string& one) {
  return one.empty() ? Named() : Named{one};
}

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
    const Named named = named_by(c.cors_origin);
    EXPECT_EQ(may_change(c.origin, c.host, named), c.allowed)
        << c.origin << " at " << c.host << " with " << c.cors_origin;
  }
}

// Origins that may change may also read; `*` and clients that are not browsers may only read.
TEST(Origin, WhoMayRead) {
  EXPECT_TRUE(may_read("http://pi:5000", "pi:5000", named_by("")));
  EXPECT_TRUE(may_read("https://home.example", "pi:5000", named_by("https://home.example")));
  EXPECT_TRUE(may_read("http://any.example", "pi:5000", named_by("*")));
  EXPECT_TRUE(may_read("", "pi:5000", named_by("")));
  EXPECT_FALSE(may_read("http://evil.example", "pi:5000", named_by("")));
  EXPECT_FALSE(may_read("http://evil.example", "pi:5000", named_by("https://home.example")));
  EXPECT_FALSE(may_read("null", "pi:5000", named_by("")));
}

TEST(Origin, OneOfSeveralIsEnough) {
  const Named named{"https://a.example", "https://b.example"};
  for (const char* origin : {"https://a.example", "https://b.example"}) {
    EXPECT_TRUE(may_change(origin, "pi:5000", named)) << origin;
    EXPECT_TRUE(may_read(origin, "pi:5000", named)) << origin;
    EXPECT_EQ(allowed_origin(origin, named), origin);
  }
  EXPECT_FALSE(may_read("https://c.example", "pi:5000", named));
  EXPECT_EQ(allowed_origin("https://c.example", named), "");
  EXPECT_EQ(allowed_origin("https://B.example", named), "https://B.example") << "as it was sent";
  EXPECT_TRUE(varies_by_origin(named));
}

TEST(Origin, WhoIsAllowedWithoutAnOrigin) {
  EXPECT_EQ(allowed_origin("", {}), "");
  EXPECT_EQ(allowed_origin("", Named{"https://a.example"}), "https://a.example");
  EXPECT_EQ(allowed_origin("", Named{"https://a.example", "https://b.example"}), "");
}

TEST(Origin, AnybodyBesideSomebodyNamed) {
  const Named named{"*", "https://a.example"};
  EXPECT_EQ(allowed_origin("https://a.example", named), "https://a.example");
  EXPECT_EQ(allowed_origin("https://b.example", named), "*");
  EXPECT_EQ(allowed_origin("*", named), "*") << "no origin that a browser sends";
  EXPECT_TRUE(varies_by_origin(named));
  EXPECT_FALSE(varies_by_origin(Named{"*"}));
  EXPECT_FALSE(varies_by_origin({}));
}

}  // namespace
}  // namespace fanlight
