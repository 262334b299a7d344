// SPDX-License-Identifier: Apache-2.0
#include "http/auth/login_failures.h"

#include <gtest/gtest.h>

#include <optional>

namespace fanlight {
namespace {

const PeerAddress kOne = parse_address("192.0.2.1").value();
const PeerAddress kOther = parse_address("192.0.2.2").value();

void use_up_free_ones(LoginFailures& failures, const PeerAddress& client, Instant now) {
  for (uint32_t i = 0; i < LoginFailures::kFree; ++i) {
    EXPECT_EQ(failures.begin(client, now), 0s) << i;
  }
}

TEST(LoginFailures, TheFirstAreFree) {
  LoginFailures failures;
  const Instant now(1h);
  use_up_free_ones(failures, kOne, now);
  EXPECT_EQ(failures.begin(kOne, now), 1s);
  EXPECT_EQ(failures.begin(kOther, now), 0s) << "another address";
}

TEST(LoginFailures, EachWaitIsTwiceAsLong) {
  LoginFailures failures;
  Instant now(1h);
  use_up_free_ones(failures, kOne, now);
  for (const Duration wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 64s, 64s}) {
    EXPECT_EQ(failures.begin(kOne, now + wait - 1ns), 1ns) << "does not count";
    now += wait;
    EXPECT_EQ(failures.begin(kOne, now), 0s);
  }
}

TEST(LoginFailures, SuccessesAreNone) {
  LoginFailures failures;
  const Instant now(1h);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(failures.begin(kOne, now), 0s);
    failures.succeeded(kOne);
  }
  use_up_free_ones(failures, kOne, now);
  failures.succeeded(kOne);
  EXPECT_EQ(failures.begin(kOne, now), 0s) << "one less";
  EXPECT_EQ(failures.begin(kOne, now), 1s) << "not forgotten";
  failures.succeeded(kOther);  // unknown
}

TEST(LoginFailures, AreForgottenIfThereIsNoAttempt) {
  LoginFailures failures;
  const Instant now(1h);
  use_up_free_ones(failures, kOne, now);
  EXPECT_EQ(failures.begin(kOne, now + LoginFailures::kForgotten), 0s);
  EXPECT_EQ(failures.begin(kOne, now + LoginFailures::kForgotten), 0s);
}

TEST(LoginFailures, ClocksOfShardsMayDiffer) {
  LoginFailures failures;
  use_up_free_ones(failures, kOne, Instant(1h));
  EXPECT_EQ(failures.begin(kOne, Instant(1h - 1ms)), 1s);
}

TEST(LoginFailures, AHouseholdIsOneAddress) {
  LoginFailures failures;
  use_up_free_ones(failures, parse_address("2001:db8::1").value(), Instant(1h));
  EXPECT_EQ(failures.begin(parse_address("2001:db8::2").value(), Instant(1h)), 1s);
  EXPECT_EQ(failures.begin(parse_address("2001:db8:0:1::1").value(), Instant(1h)), 0s);
}

// An address that has failed most recently stays, whatever others do in the meantime, if they are
// as many as fit.
TEST(LoginFailures, TheTableIsBounded) {
  LoginFailures failures;
  Instant now(1h);
  for (uint32_t i = 0; i < 40'000; ++i) {
    PeerAddress client = kOne;
    client.bytes[13] = std::byte(i >> 16);
    client.bytes[14] = std::byte(i >> 8);
    client.bytes[15] = std::byte(i);
    EXPECT_EQ(failures.begin(client, now += 1us), 0s) << "there is a place for each new one";
  }
  use_up_free_ones(failures, kOther, now += 1us);
  EXPECT_GT(failures.begin(kOther, now), 0s);
}

}  // namespace
}  // namespace fanlight
