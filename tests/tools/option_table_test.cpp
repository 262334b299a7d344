// SPDX-License-Identifier: Apache-2.0
#include "tools/option_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fanlight {
namespace {

TEST(OptionTable, EveryLineIsComplete) {
  std::set<std::string_view> names;
  for (const Option& option : option_table()) {
    SCOPED_TRACE(option.name);
    EXPECT_TRUE(names.insert(option.name).second) << "twice";
    EXPECT_FALSE(option.help.empty());
    EXPECT_FALSE(option.group.empty());
    EXPECT_NE(option.set, nullptr);
    EXPECT_EQ(option.type.empty(), option.is(kToggle));
    EXPECT_EQ(find_option(option.name), &option);
  }
  EXPECT_EQ(find_option("colour"), nullptr);
  EXPECT_EQ(find_option(""), nullptr);
}

TEST(OptionTable, DefaultsAreValuesThatAreAccepted) {
  OptionsDraft draft;
  for (const Option& option : option_table()) {
    if (!option.default_text.empty()) {
      EXPECT_NO_THROW(option.set(draft, std::string(option.default_text))) << option.name;
    }
  }
  EXPECT_EQ(draft.options.listen.size(), 1u);
}

TEST(OptionTable, NothingTakesAnEmptyText) {
  for (const Option& option : option_table()) {
    OptionsDraft draft;
    EXPECT_THROW(option.set(draft, ""), std::invalid_argument) << option.name;
  }
}

}  // namespace
}  // namespace fanlight
