// SPDX-License-Identifier: Apache-2.0
#include "http/auth/password_desk.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace fanlight {
namespace {

// A shard that asks. Owns: its mailbox, what it was answered. Thread: one.
struct Asker {
  PasswordCheck* ask(PasswordDesk& desk, std::string_view user, std::string_view password) {
    return desk.ask({{user, password}, {}, {}}, mailbox, this,
                    [](void* owner, PasswordOutcome outcome, const Rights& told) noexcept {
                      static_cast<Asker*>(owner)->outcomes.push_back(outcome);
                      static_cast<Asker*>(owner)->rights = told;
                    });
  }

  Waker waker;
  Mailbox mailbox{waker};
  std::vector<PasswordOutcome> outcomes;
  Rights rights;
};

TEST(PasswordDesk, FirstComeFirstServed) {
  PasswordDesk desk;
  Asker shard;
  EXPECT_EQ(desk.take_next(), nullptr);
  ASSERT_NE(shard.ask(desk, "anna", "one"), nullptr);
  ASSERT_NE(shard.ask(desk, "bob", ""), nullptr);
  PasswordCheck* first = desk.take_next();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->credentials().user, "anna");
  EXPECT_EQ(first->credentials().password, "one");
  PasswordCheck* second = desk.take_next();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->credentials().user, "bob");
  EXPECT_EQ(second->credentials().password, "");
  EXPECT_EQ(desk.take_next(), nullptr);
  desk.answer(*first, PasswordOutcome::right, Rights(5));
  EXPECT_TRUE(shard.outcomes.empty()) << "only out of the mailbox";
  shard.mailbox.deliver();
  EXPECT_EQ(shard.outcomes, std::vector{PasswordOutcome::right});
  EXPECT_EQ(shard.rights, Rights(5));
  desk.answer(*second, PasswordOutcome::wrong, {});
  shard.mailbox.deliver();
  EXPECT_EQ(shard.outcomes.back(), PasswordOutcome::wrong);
}

TEST(PasswordDesk, IsBounded) {
  PasswordDesk desk;
  Asker shard;
  for (size_t i = 0; i < PasswordDesk::kPlacesMax; ++i) {
    ASSERT_NE(shard.ask(desk, "anna", "x"), nullptr) << i;
  }
  EXPECT_EQ(shard.ask(desk, "anna", "x"), nullptr);
  desk.answer(*desk.take_next(), PasswordOutcome::wrong, {});
  EXPECT_EQ(shard.ask(desk, "anna", "x"), nullptr) << "until the shard has the answer";
  shard.mailbox.deliver();
  EXPECT_NE(shard.ask(desk, "anna", "x"), nullptr);
  desk.stop();
  shard.mailbox.deliver();
  EXPECT_EQ(shard.outcomes.size(), PasswordDesk::kPlacesMax + 1);
}

TEST(PasswordDesk, MayBeAbandonedAtAnyTime) {
  PasswordDesk desk;
  Asker shard;
  desk.abandon(*shard.ask(desk, "anna", "waiting"));
  EXPECT_EQ(desk.take_next(), nullptr);

  PasswordCheck* serving = shard.ask(desk, "anna", "serving");
  ASSERT_EQ(desk.take_next(), serving);
  desk.abandon(*serving);
  desk.answer(*serving, PasswordOutcome::right, {});

  PasswordCheck* answered = shard.ask(desk, "anna", "answered");
  desk.answer(*desk.take_next(), PasswordOutcome::right, {});
  desk.abandon(*answered);
  shard.mailbox.deliver();
  EXPECT_TRUE(shard.outcomes.empty());
}

TEST(PasswordDesk, OverwritesPasswords) {
  PasswordDesk desk;
  Asker shard;
  PasswordCheck* check = shard.ask(desk, "anna", "secret");
  desk.abandon(*check);
  EXPECT_EQ(check->credentials().password, std::string(6, '\0'));
  check = shard.ask(desk, "anna", "secret");
  desk.answer(*desk.take_next(), PasswordOutcome::right, {});
  EXPECT_EQ(check->credentials().password, std::string(6, '\0'));
  shard.mailbox.deliver();
}

TEST(PasswordDesk, StopAnswersThoseThatWait) {
  PasswordDesk desk;
  Asker shard;
  shard.ask(desk, "anna", "serving");
  PasswordCheck* serving = desk.wait_for_next();
  shard.ask(desk, "anna", "waiting");
  desk.stop();
  EXPECT_EQ(desk.wait_for_next(), nullptr);
  EXPECT_EQ(shard.ask(desk, "anna", "late"), nullptr);
  shard.mailbox.deliver();
  EXPECT_EQ(shard.outcomes, std::vector{PasswordOutcome::unavailable});
  desk.answer(*serving, PasswordOutcome::right, {});
  shard.mailbox.deliver();
  EXPECT_EQ(shard.outcomes.back(), PasswordOutcome::right);
}

TEST(PasswordDesk, WakesAThread) {
  PasswordDesk desk;
  Asker shard;
  std::thread verifier([&] {
    while (PasswordCheck* check = desk.wait_for_next()) {
      desk.answer(*check, PasswordOutcome::wrong, {});
    }
  });
  for (size_t i = 1; i <= 100; ++i) {
    shard.ask(desk, "anna", "x");
    while (shard.outcomes.size() < i) shard.mailbox.deliver();
  }
  desk.stop();
  verifier.join();
}

}  // namespace
}  // namespace fanlight
