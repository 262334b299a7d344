// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/publisher_choice.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

using Verdict = PublisherChoice::Verdict;
constexpr Instant kStart{1000s};

TEST(PublisherChoice, TakesTheFirstOne) {
  PublisherChoice choice;
  EXPECT_EQ(choice.chosen(), "");
  EXPECT_EQ(choice.judge("1", kStart), Verdict::chosen);
  EXPECT_EQ(choice.judge("1", kStart + 1h), Verdict::chosen);
  EXPECT_EQ(choice.chosen(), "1");
}

TEST(PublisherChoice, OneThatStartedLaterIsChosenAtOnce) {
  PublisherChoice choice;
  choice.judge("1", kStart);
  EXPECT_EQ(choice.judge("2", kStart), Verdict::changed);
  EXPECT_EQ(choice.judge("2", kStart), Verdict::chosen);
  EXPECT_EQ(choice.judge("1", kStart), Verdict::other) << "as all others choose";
  EXPECT_EQ(choice.chosen(), "2");
}

TEST(PublisherChoice, AnEarlierOneWaitsUntilTheChosenOneIsSilent) {
  PublisherChoice choice;
  choice.judge("2", kStart);
  EXPECT_EQ(choice.judge("1", kStart + 1s), Verdict::other);
  choice.judge("2", kStart + 2s);
  const Instant silent = kStart + 2s + PublisherChoice::kPatience;
  EXPECT_EQ(choice.judge("1", silent - 1ns), Verdict::other);
  EXPECT_EQ(choice.judge("1", silent), Verdict::taken);
  EXPECT_EQ(choice.judge("1", silent), Verdict::chosen);
}

// Its clock was set back in between.
TEST(PublisherChoice, ARestartWithAnEarlierTimeIsNoContest) {
  PublisherChoice choice;
  choice.judge("2", kStart);
  EXPECT_EQ(choice.judge("1", kStart + PublisherChoice::kPatience), Verdict::changed);
}

}  // namespace
}  // namespace fanlight
