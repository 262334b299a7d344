// SPDX-License-Identifier: Apache-2.0
#include "http/auth/password_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/http/auth/hashes.h"

namespace fanlight {
namespace {

struct Tally {
  size_t right = 0, wrong = 0, other = 0;
  void count(PasswordOutcome outcome) {
    ++(outcome == PasswordOutcome::right   ? right
       : outcome == PasswordOutcome::wrong ? wrong
                                           : other);
  }
};

TEST(PasswordPool, VerifiesWhatIsLeftAtTheDesk) {
  UserTable users;
  ASSERT_FALSE(users.parse("anna:" + kBcrypt + "\nbob:" + kYescrypt, {}));
  Auth auth;
  auth.set_users(std::move(users));
  Waker waker;
  Mailbox mailbox{waker};
  Tally tally;
  PasswordPool pool(auth);
  size_t asked = 0;
  for (int round = 0; round < 10; ++round) {
    for (const char* user : {"anna", "bob", "carl"}) {
      const BasicCredentials credentials{user, round % 2 == 0 ? "secret" : "other"};
      const PasswordOrder order{credentials, auth.digest_of(credentials), {}};
      ASSERT_NE(auth.desk().ask(order, mailbox, &tally,
                                [](void* owner, PasswordOutcome outcome, const Rights&) noexcept {
                                  static_cast<Tally*>(owner)->count(outcome);
                                }),
                nullptr);
      ++asked;
    }
  }
  while (tally.right + tally.wrong + tally.other < asked) {
    std::this_thread::yield();
    mailbox.deliver();
  }
  EXPECT_EQ(tally.right, 10u);
  EXPECT_EQ(tally.wrong, 20u);
  EXPECT_EQ(tally.other, 0u);
}

TEST(PasswordPool, EndsWithoutWork) {
  Auth auth;
  const PasswordPool pool(auth);
}

}  // namespace
}  // namespace fanlight
