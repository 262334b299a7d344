// SPDX-License-Identifier: Apache-2.0
#include "tools/options/option_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fanlight {
namespace {

TEST(OptionTable, EveryRowIsComplete) {
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

TEST(OptionTable, DefaultsAreAcceptedValues) {
  OptionsDraft draft;
  for (const Option& option : option_table()) {
    if (!option.default_text.empty()) {
      EXPECT_NO_THROW(option.set(draft, std::string(option.default_text))) << option.name;
    }
  }
  EXPECT_EQ(draft.options.listen.size(), 1u);
}

TEST(OptionTable, RefusesAnEmptyTextForEveryOption) {
  for (const Option& option : option_table()) {
    OptionsDraft draft;
    EXPECT_THROW(option.set(draft, ""), std::invalid_argument) << option.name;
  }
}

// The error for a value that an option does not accept.
std::string refusal(std::string_view option, const std::string& text) {
  OptionsDraft draft;
  try {
    find_option(option)->set(draft, text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(OptionTable, AllowedHostsAreNames) {
  OptionsDraft draft;
  const Option& option = *find_option("allowed-host");
  option.set(draft, "cam.example.org, *.example.net");
  option.set(draft, "other.example");
  for (const char* name : {"cam.example.org", "a.example.net", "other.example"}) {
    EXPECT_TRUE(draft.options.allowed_hosts.has(name)) << name;
  }
  EXPECT_FALSE(draft.options.allowed_hosts.has("example.net"));
  EXPECT_EQ(refusal("allowed-host", "cam.example.org:80"),
            "'cam.example.org:80': a name such as cam.example.org, *.example.org or * is expected, "
            "without scheme and port");
  EXPECT_NE(refusal("allowed-host", "a.b,"), "");
}

TEST(OptionTable, SuggestsAWordForATypo) {
  EXPECT_EQ(refusal("backend", "urng"),
            "'urng': one of auto, uring, epoll is expected; did you mean 'uring'?");
  EXPECT_TRUE(refusal("log-level", "degub").ends_with("; did you mean 'debug'?"));
  EXPECT_TRUE(refusal("encoder", "mm2").ends_with("; did you mean 'm2m'?"));
  EXPECT_TRUE(refusal("zero-copy", "of").ends_with("; did you mean 'off'?"));
  EXPECT_TRUE(refusal("source", "patern").ends_with("; did you mean 'pattern'?"));
  EXPECT_EQ(refusal("camera", "a=pattern,sze=64x48"),
            "'sze=64x48': no such key; did you mean 'size'?");
  EXPECT_TRUE(refusal("camera", "a=emulater").ends_with("; did you mean 'emulator'?"));
  EXPECT_EQ(refusal("backend", "kqueue"), "'kqueue': one of auto, uring, epoll is expected");
}

// Words that an option accepts instead of a number, a time or a size, as listed in its type.
TEST(OptionTable, RefusalListsTheAcceptedWords) {
  for (const Option& option : option_table()) {
    for (const char* word : {"auto", "off"}) {
      const std::string alternative = std::string("|") + word;
      if (option.type.find(alternative) == option.type.npos) continue;
      EXPECT_NE(refusal(option.name, "-x").find(word), std::string::npos) << option.name;
    }
  }
}

}  // namespace
}  // namespace fanlight
