// SPDX-License-Identifier: Apache-2.0
#include "tools/options/confinement_options.h"

#include <gtest/gtest.h>

#include "tests/tools/options/one_option.h"

namespace fanlight {
namespace {

TEST(ConfinementOptions, AUserMayHaveAGroup) {
  EXPECT_EQ(options_after("user", "cam").user.user, "cam");
  EXPECT_EQ(options_after("user", "cam").user.group, "");
  EXPECT_EQ(options_after("user", "cam:video").user.user, "cam");
  EXPECT_EQ(options_after("user", "cam:video").user.group, "video");
  for (const char* text : {"", ":", ":video", "cam:"}) {
    EXPECT_EQ(mistake("user", text), "'" + std::string(text) + "': NAME or NAME:GROUP is expected");
  }
}

TEST(ConfinementOptions, TheSandboxHasThreeModes) {
  EXPECT_EQ(options_after("sandbox", "auto").sandbox, SandboxMode::automatic);
  EXPECT_EQ(options_after("sandbox", "on").sandbox, SandboxMode::on);
  EXPECT_EQ(options_after("sandbox", "off").sandbox, SandboxMode::off);
  EXPECT_EQ(mistake("sandbox", "none"), "'none': one of auto, on, off is expected");
  EXPECT_EQ(find_option("sandbox")->default_text, "auto");
}

}  // namespace
}  // namespace fanlight
