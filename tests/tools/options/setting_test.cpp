// SPDX-License-Identifier: Apache-2.0
#include "tools/options/setting.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tools/options/option_table.h"

namespace fanlight {
namespace {

std::string mistake(const Setting& setting) {
  OptionsDraft draft;
  try {
    apply_setting(draft, setting);
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), setting.blame);
    return error.what();
  }
  return {};
}

TEST(Setting, ErrorNamesTheOriginAndTheProblem) {
  const Option* fps = find_option("fps");
  EXPECT_EQ(mistake({fps, "x", "a.toml:3: fps:", ExitCode::config}),
            "a.toml:3: fps: 'x': a number from 0.01 to 240 is expected");
  EXPECT_EQ(mistake({fps, "3", "--fps", ExitCode::usage}), "");
  const std::string injected = mistake({fps, "1\n<3>", "--fps", ExitCode::usage});
  EXPECT_TRUE(injected.starts_with("--fps '1 <3>'")) << injected;
  EXPECT_EQ(mistake({find_option("camera"), "a=http://cam/secret\n", "--camera", ExitCode::usage}),
            "--camera 'a=http://cam/...': control characters are not allowed");
}

TEST(Setting, EnvironmentVariablesAreNamedAfterFlags) {
  EXPECT_EQ(environment_name("max-viewers"), "FANLIGHT_MAX_VIEWERS");
  ::setenv("FANLIGHT_HEADER_TIMEOUT", "3s", 1);
  ::setenv("FANLIGHT_IDLE_TIMEOUT", "", 1);
  const Settings settings = read_environment();
  ASSERT_EQ(settings.values.size(), 1u);
  EXPECT_EQ(settings.values[0].option, find_option("header-timeout"));
  EXPECT_EQ(settings.values[0].text, "3s");
  EXPECT_EQ(settings.values[0].where, "FANLIGHT_HEADER_TIMEOUT");
  EXPECT_FALSE(settings.names_a_source());
  ::unsetenv("FANLIGHT_HEADER_TIMEOUT");
  ::unsetenv("FANLIGHT_IDLE_TIMEOUT");
}

TEST(Setting, UnknownVariableIsNotIgnored) {
  ::setenv("FANLIGHT_FSP", "5", 1);
  try {
    read_environment();
    ADD_FAILURE() << "accepted";
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_STREQ(error.what(), "FANLIGHT_FSP: no such variable; did you mean 'FANLIGHT_FPS'?");
  }
  ::setenv("FANLIGHT_FSP", "", 1);
  // As Kubernetes sets for each pod if a service has our name.
  ::setenv("FANLIGHT_PORT_5000_TCP", "tcp://10.0.0.1:5000", 1);
  ::setenv("FANLIGHT_LIBCAMERA", "ON", 1);
  const Settings settings = read_environment();
  EXPECT_EQ(settings.notes,
            std::vector<std::string>{"FANLIGHT_PORT_5000_TCP: no such variable; it has no effect"});
  EXPECT_TRUE(settings.values.empty());
  for (const char* name : {"FANLIGHT_FSP", "FANLIGHT_PORT_5000_TCP", "FANLIGHT_LIBCAMERA"}) {
    ::unsetenv(name);
  }
}

TEST(Setting, StartErrorIsOneShortPrintableLine) {
  const auto line = [](std::string_view text) {
    return std::string(StartError(ExitCode::usage, text).what());
  };
  EXPECT_EQ(line("a\n\x1b[0m\xff\xc3\xa9"), "a \uFFFD[0m\uFFFDé");
  EXPECT_EQ(line(std::string(1000, 'x')).size(), StartError::kLineMax);
}

}  // namespace
}  // namespace fanlight
