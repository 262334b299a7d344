// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/link_query.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(LinkQuery, AmongOtherParameters) {
  const LinkQuery link = read_link_query("fps=5&exp=17&x&cam=front&&sig=abc=&t=1");
  EXPECT_EQ(link.texts.exp, "17");
  EXPECT_EQ(link.texts.cam, "front");
  EXPECT_EQ(link.texts.sig, "abc=");
  EXPECT_FALSE(link.has_several);
}

TEST(LinkQuery, ItIsNoneWithoutASignature) {
  const LinkQuery link = read_link_query("exp=17&exp=18&cam=front");
  EXPECT_EQ(link.texts.exp, "");
  EXPECT_FALSE(link.has_several);
  EXPECT_EQ(read_link_query("").texts.sig, "");
  EXPECT_EQ(read_link_query("Sig=a&sigs=b&s%69g=c").texts.sig, "");
}

TEST(LinkQuery, SeveralOfAName) {
  for (const char* query :
       {"sig=a&sig=a", "sig=a&exp=1&exp=2", "cam=a&sig=a&cam=b", "sig&sig=a", "exp&exp=1&sig=a"}) {
    EXPECT_TRUE(read_link_query(query).has_several) << query;
  }
}

}  // namespace
}  // namespace fanlight
