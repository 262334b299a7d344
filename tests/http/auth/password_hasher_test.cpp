// SPDX-License-Identifier: Apache-2.0
#include "http/auth/password_hasher.h"

#include <gtest/gtest.h>

#include <string>

#include "http/auth/basic_credentials.h"
#include "http/auth/user_table.h"
#include "tests/http/auth/hashes.h"

namespace fanlight {
namespace {

TEST(PasswordHasher, VerifiesEveryKind) {
  PasswordHasher hasher;
  for (const std::string& hash : {kBcrypt, kBcryptOfHtpasswd, kSha512, kYescrypt}) {
    EXPECT_EQ(hasher.verify("secret", hash), true) << hash;
    for (const char* wrong : {"", "Secret", "secret ", "secre"}) {
      EXPECT_EQ(hasher.verify(wrong, hash), false) << hash << wrong;
    }
  }
}

TEST(PasswordHasher, AMethodThatLibcryptDoesNotKnow) {
  PasswordHasher hasher;
  for (const char* hash : {"", "*0", "$zz$abc", "x"}) {
    EXPECT_EQ(hasher.verify("secret", hash), std::nullopt) << hash;
  }
  EXPECT_EQ(hasher.verify("secret", std::string(4096, '$')), std::nullopt);
}

TEST(PasswordHasher, MakesAHashThatItAccepts) {
  PasswordHasher hasher;
  const std::string password(kLoginPasswordBytesMax, 'p');
  const std::string hash = hasher.hash(password);
  EXPECT_TRUE(hash.starts_with("$y$")) << hash;
  EXPECT_EQ(why_not_a_hash(hash), "");
  EXPECT_EQ(hasher.verify(password, hash), true);
  EXPECT_EQ(hasher.verify(password.substr(1), hash), false);
  EXPECT_NE(hasher.hash(password), hash) << "another salt";
}

}  // namespace
}  // namespace fanlight
