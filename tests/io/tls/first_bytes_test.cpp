// SPDX-License-Identifier: Apache-2.0
#include "io/tls/first_bytes.h"

#include <gtest/gtest.h>

#include <string_view>

namespace fanlight {
namespace {

TEST(FirstBytes, RecognisesARecordWithAHandshakeMessage) {
  EXPECT_EQ(classify_first_bytes(std::string_view("\x16\x03\x01\x02\x00", 5)), FirstBytes::tls);
  EXPECT_EQ(classify_first_bytes("\x16\x03"), FirstBytes::tls);
  EXPECT_EQ(classify_first_bytes("\x16"), FirstBytes::tls);
}

TEST(FirstBytes, RecognisesRequests) {
  for (const char* text : {"GET / HTTP/1.1\r\n", "POST", "g", "z", "A", "Z", "\r\nGET", "\n"}) {
    EXPECT_EQ(classify_first_bytes(text), FirstBytes::http) << text;
  }
}

// An alert, an SSL 2.0 hello, other versions, and what no protocol begins with.
TEST(FirstBytes, KnowsThatOtherBytesAreNeither) {
  for (const char* text : {"\x15\x03\x03", "\x80\x2e\x01", "\x16\x02", "\x16GET", "@", "[", "`",
                           "{", " ", "0", "\x7f", "\xff"}) {
    EXPECT_EQ(classify_first_bytes(text), FirstBytes::other) << text;
  }
}

}  // namespace
}  // namespace fanlight
