// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/announcement.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

std::string_view announced(std::string_view subject,
                           const NatsFields& fields = announcement_fields()) {
  return announced_subject({.fields = fields, .payload = {}, .subject = subject});
}

TEST(Announcement, HasASubjectBesideThatOfThePictures) {
  EXPECT_EQ(announcement_subject("fanlight.yard"), "_FANLIGHT.fanlight.yard");
  EXPECT_EQ(announced(announcement_subject("fanlight.yard")), "fanlight.yard");
  EXPECT_EQ(announcement_subject("fanlight.>"), "_FANLIGHT.fanlight.>");
}

TEST(Announcement, IsNothingElse) {
  const std::string subject = announcement_subject("a");
  EXPECT_EQ(announced(subject), "a");
  EXPECT_EQ(announced(subject, {{"Other", "x"}, {"X-Fanlight", "3"}}), "a");
  for (const NatsFields& fields : {NatsFields{}, NatsFields{{"X-Fanlight", "1"}},
                                   NatsFields{{"X-Fanlight", "33"}}, NatsFields{{"X-Part", "3"}}}) {
    EXPECT_EQ(announced(subject, fields), "");
  }
  for (const char* other : {"a", "_FANLIGHT", "_FANLIGHT.", "x_FANLIGHT.a", "_FANLIGHT.a..b",
                            "_FANLIGHT.$SYS", "_FANLIGHT.a?b"}) {
    EXPECT_EQ(announced(other), "") << other;
  }
}

TEST(Announcement, NamesTheCameraByWhatThePatternLeavesOpen) {
  EXPECT_EQ(announced_name("fanlight.yard", "fanlight.>"), "yard");
  EXPECT_EQ(announced_name("fanlight.North.gate_2", "fanlight.>"), "north-gate-2");
  EXPECT_EQ(announced_name("fanlight.north.cam", "fanlight.*.cam"), "north-cam");
  EXPECT_EQ(announced_name("a.b", ">"), "a-b");
  EXPECT_EQ(announced_name("a.b", "*.b"), "a-b");
}

TEST(Announcement, GivesNoNameThatIsNone) {
  EXPECT_EQ(announced_name("other.yard", "fanlight.>"), "");
  EXPECT_EQ(announced_name("fanlight.", "fanlight.>"), "");
  EXPECT_EQ(announced_name("fanlight.a+b", "fanlight.>"), "");
  const std::string longest(32, 'a');
  EXPECT_EQ(announced_name("fanlight." + longest, "fanlight.>"), longest);
  EXPECT_EQ(announced_name("fanlight.a" + longest, "fanlight.>"), "");
}

}  // namespace
}  // namespace fanlight
