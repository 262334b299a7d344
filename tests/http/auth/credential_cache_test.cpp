// SPDX-License-Identifier: Apache-2.0
#include "http/auth/credential_cache.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

Digest digest(unsigned char set, unsigned char number) {
  Digest result{};
  result[0] = set;
  result[31] = number;
  return result;
}

TEST(CredentialCache, FindsWhatWasAdded) {
  CredentialCache cache;
  EXPECT_FALSE(cache.find(Digest{}));
  cache.add(digest(1, 1), Rights(1));
  EXPECT_EQ(cache.find(digest(1, 1)), Rights(1));
  EXPECT_FALSE(cache.find(digest(1, 2)));
  EXPECT_FALSE(cache.find(digest(2, 1)));
  cache.add(digest(1, 1), Rights(2));
  EXPECT_EQ(cache.find(digest(1, 1)), Rights(2));
  cache.clear();
  EXPECT_FALSE(cache.find(digest(1, 1)));
}

TEST(CredentialCache, IsBoundedAndKeepsWhatIsUsed) {
  CredentialCache cache;
  for (unsigned char i = 1; i <= CredentialCache::kWays; ++i) cache.add(digest(1, i), Rights(i));
  cache.add(digest(2, 1), Rights(1));
  EXPECT_TRUE(cache.find(digest(1, 1)));  // used now: the second one is the oldest
  cache.add(digest(1, 9), Rights(9));
  EXPECT_TRUE(cache.find(digest(1, 1)));
  EXPECT_FALSE(cache.find(digest(1, 2)));
  EXPECT_TRUE(cache.find(digest(1, 3)));
  EXPECT_TRUE(cache.find(digest(2, 1))) << "another set";
}

}  // namespace
}  // namespace fanlight
