// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_quotes.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

std::string mended(std::string_view line) {
  return quoted_line(line).value_or("nothing");
}

TEST(ConfigQuotes, QuotesAText) {
  EXPECT_EQ(mended("source = pattern"), "source = \"pattern\"");
  EXPECT_EQ(mended("  source=/dev/video0  # the door"), "source = \"/dev/video0\"");
  EXPECT_EQ(mended("listen = 0.0.0.0:5000"), "listen = \"0.0.0.0:5000\"");
  EXPECT_EQ(mended("listen = [::]:5000"), "listen = \"[::]:5000\"");
  EXPECT_EQ(mended("size = 1280x720\r"), "size = \"1280x720\"");
  EXPECT_EQ(mended("header-timeout = 10s"), "header-timeout = \"10s\"");
  EXPECT_EQ(mended("source = http://cam:80#1"), "source = \"http://cam:80/...\"");
}

TEST(ConfigQuotes, QuotesEachValueOfAnArrayOrTable) {
  EXPECT_EQ(mended("listen = [0.0.0.0:5000, unix:/run/f]"),
            "listen = [\"0.0.0.0:5000\", \"unix:/run/f\"]");
  EXPECT_EQ(mended("listen = [5000, 0.0.0.0:5001]"), "listen = [5000, \"0.0.0.0:5001\"]");
  EXPECT_EQ(mended("control = { auto_exposure = Manual Mode, gain = 3 }"),
            "control = { auto_exposure = \"Manual Mode\", gain = 3 }");
}

TEST(ConfigQuotes, SwitchBecomesTrueOrFalse) {
  EXPECT_EQ(mended("pin-cpus = on"), "pin-cpus = true");
  EXPECT_EQ(mended("allow-control = No"), "allow-control = false");
  EXPECT_EQ(mended("mirror = on"), "mirror = \"on\"") << "not a switch";
}

TEST(ConfigQuotes, ColonIsNotAnEqualsSign) {
  EXPECT_EQ(mended("source: pattern"), "source = \"pattern\"");
  EXPECT_EQ(mended("fps: 15"), "fps = 15");
}

TEST(ConfigQuotes, ReturnsNothingIfQuotesDoNotHelp) {
  for (const char* line : {"", "=", "source =", "= pattern", "source = \"pattern", "a b = c", "[x",
                           "source = 'x", "source = a\\qb"}) {
    EXPECT_EQ(mended(line), "nothing") << line;
  }
  EXPECT_EQ(mended("source = " + std::string(300, 'x')), "nothing");
}

TEST(ConfigQuotes, HidesTheSecretsOfAUrl) {
  EXPECT_EQ(mended("source = http://me:secret@cam/x?pwd=secret"), "source = \"http://cam/...\"");
  EXPECT_EQ(mended("source = me:secret@cam/x"), "source = \"cam/...\"");
}

}  // namespace
}  // namespace fanlight
