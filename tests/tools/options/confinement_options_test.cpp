// SPDX-License-Identifier: Apache-2.0
#include "tools/options/confinement_options.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tools/options/option_table.h"

namespace fanlight {
namespace {

Options options_after(std::string_view name, const std::string& text) {
  OptionsDraft draft;
  find_option(name)->set(draft, text);
  return draft.options;
}

std::string mistake(std::string_view name, const std::string& text) {
  try {
    options_after(name, text);
    return "accepted";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

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
