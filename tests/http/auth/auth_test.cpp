// SPDX-License-Identifier: Apache-2.0
#include "http/auth/auth.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/auth/password_hasher.h"
#include "tests/http/auth/hashes.h"

namespace fanlight {
namespace {

const PeerAddress kClient = parse_address("192.0.2.1").value();

UserTable users(const std::string& text) {
  UserTable table;
  EXPECT_FALSE(table.parse(text, {}));
  return table;
}

// Owns: an Auth, and a shard that logs in. Thread: one.
class AuthTest : public testing::Test {
 protected:
  // As a shard does after a look into the cache.
  PasswordOutcome log_in(const std::string& user, const std::string& password) {
    const BasicCredentials credentials{user, password};
    std::optional<PasswordOutcome> outcome;
    auth.desk().ask({credentials, auth.digest_of(credentials), kClient}, mailbox, &outcome,
                    [](void* owner, PasswordOutcome told, const Rights&) noexcept {
                      *static_cast<std::optional<PasswordOutcome>*>(owner) = told;
                    });
    auth.carry_out(*auth.desk().take_next(), hasher);
    mailbox.deliver();
    return outcome.value();
  }
  bool is_cached(const std::string& user, const std::string& password) {
    return auth.find(auth.digest_of({user, password})).has_value();
  }

  Waker waker;
  Mailbox mailbox{waker};
  PasswordHasher hasher;
  Auth auth;
};

TEST_F(AuthTest, WithoutUsersNobodyMay) {
  EXPECT_FALSE(auth.has_users());
  EXPECT_FALSE(auth.has_keys());
  EXPECT_EQ(log_in("", ""), PasswordOutcome::wrong);
  EXPECT_EQ(log_in("anna", "secret"), PasswordOutcome::wrong);
}

TEST_F(AuthTest, RightCredentialsAreCached) {
  auth.set_users(users("anna:" + kBcrypt + ":state"));
  EXPECT_TRUE(auth.has_users());
  EXPECT_FALSE(is_cached("anna", "secret"));
  EXPECT_EQ(log_in("anna", "secret"), PasswordOutcome::right);
  EXPECT_EQ(auth.find(auth.digest_of({"anna", "secret"})),
            Rights(static_cast<RightSet>(Right::state)));
  EXPECT_EQ(log_in("anna", "secret"), PasswordOutcome::right) << "of several at once";
  EXPECT_FALSE(is_cached("ann", "a:secret")) << "the colon is where the browser put it";
}

TEST_F(AuthTest, WrongOnesAreNot) {
  auth.set_users(users("anna:" + kBcrypt + "\nbob:" + kBcryptOfOther));
  EXPECT_EQ(log_in("anna", "other"), PasswordOutcome::wrong);
  EXPECT_EQ(log_in("bob", "secret"), PasswordOutcome::wrong);
  EXPECT_EQ(log_in("carl", "secret"), PasswordOutcome::wrong) << "the stand-in's password";
  EXPECT_EQ(log_in("", "secret"), PasswordOutcome::wrong);
  for (const char* user : {"anna", "bob", "carl"}) EXPECT_FALSE(is_cached(user, "secret")) << user;
}

TEST_F(AuthTest, ReplacingTheUsersEndsWhatWasVerified) {
  auth.set_users(users("anna:" + kBcrypt));
  EXPECT_EQ(log_in("anna", "secret"), PasswordOutcome::right);
  auth.set_users(users("anna:" + kBcryptOfOther));
  EXPECT_FALSE(is_cached("anna", "secret"));
  EXPECT_EQ(log_in("anna", "secret"), PasswordOutcome::wrong);
}

TEST_F(AuthTest, SuccessesDoNotCountAsFailures) {
  auth.set_users(users("anna:" + kBcrypt));
  for (uint32_t i = 0; i < 3 * LoginFailures::kFree; ++i) {
    EXPECT_EQ(auth.failures().begin(kClient, Instant(1h)), 0s) << i;
    EXPECT_EQ(log_in("anna", "secret"), PasswordOutcome::right);
  }
}

}  // namespace
}  // namespace fanlight
