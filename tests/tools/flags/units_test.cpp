// SPDX-License-Identifier: Apache-2.0
#include "tools/flags/units.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace fanlight {
namespace {

TEST(Units, ParsesDurations) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("1.5"), 1500ms);
  EXPECT_EQ(parse_duration_or_off("off"), std::nullopt);
  EXPECT_EQ(parse_duration_or_off("3"), 3s);
  for (const char* bad :
       {"", "s", "0", "0ms", "-1s", "10 s", "10sec", "1e99h", "nan", "inf", "off", "367000h"}) {
    EXPECT_THROW(parse_duration(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesSizes) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("65536"), 65536u);
  EXPECT_EQ(parse_size("64K"), 65536u);
  EXPECT_EQ(parse_size("8M"), 8u << 20);
  EXPECT_EQ(parse_size("1G"), 1u << 30);
  for (const char* bad : {"", "K", "-1", "1.5M", "8m", "8MB", "1025G", "99999999999999999999"}) {
    EXPECT_THROW(parse_size(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesPercentages) {
  EXPECT_EQ(parse_percent("80%"), 80);
  EXPECT_EQ(parse_percent("1%"), 1);
  EXPECT_EQ(parse_percent("100%"), 100);
  EXPECT_EQ(parse_percent("62.5%"), 62.5);
  for (const char* bad : {"", "%", "80", "0%", "0.9%", "101%", "-5%", "80 %", "80%%", "nan%"}) {
    EXPECT_THROW(parse_percent(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesRates) {
  EXPECT_EQ(parse_rate("1Gbit"), 1'000'000'000u);
  EXPECT_EQ(parse_rate("2.5Gbit"), 2'500'000'000u);
  EXPECT_EQ(parse_rate("800Mbit"), 800'000'000u);
  EXPECT_EQ(parse_rate("8Kbit"), 8'000u);
  EXPECT_EQ(parse_rate("8000"), 8'000u);
  EXPECT_EQ(parse_rate("9000bit"), 9'000u);
  for (const char* bad : {"", "Mbit", "0", "-1Mbit", "7Kbit", "800mbit", "800M", "1 Gbit",
                          "1001Gbit", "nanMbit", "infGbit"}) {
    EXPECT_THROW(parse_rate(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesPictureSizes) {
  EXPECT_EQ(parse_picture_size("1280x720").width, 1280);
  EXPECT_EQ(parse_picture_size("1280x720").height, 720);
  for (const char* bad : {"", "x", "1280", "1280x", "x720", "1280X720", "1280x720x3", "0x720",
                          "15x720", "1280x16385", "-1280x720", "1280 x 720"}) {
    EXPECT_THROW(parse_picture_size(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesFileModes) {
  EXPECT_EQ(parse_file_mode("660"), 0660u);
  EXPECT_EQ(parse_file_mode("0777"), 0777u);
  EXPECT_EQ(parse_file_mode("0"), 0u);
  for (const char* bad : {"", "8", "1000", "rw", "-1", "66 0", "0x1ff"}) {
    EXPECT_THROW(parse_file_mode(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesSwitches) {
  for (const char* on : {"on", "true", "1"}) EXPECT_TRUE(parse_switch(on));
  for (const char* off : {"off", "false", "0"}) EXPECT_FALSE(parse_switch(off));
  for (const char* bad : {"", "ON", "yes", "2"}) {
    EXPECT_THROW(parse_switch(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, ParsesShares) {
  EXPECT_DOUBLE_EQ(parse_share("10%"), 0.1);
  EXPECT_DOUBLE_EQ(parse_share("0%"), 0);
  EXPECT_DOUBLE_EQ(parse_share("99.5%"), 0.995);
  EXPECT_DOUBLE_EQ(parse_share("100%"), 1);
  for (const char* bad : {"", "%", "10", "0.1", "-1%", "101%", "nan%", "10 %", "10%x", " 10%"}) {
    EXPECT_THROW(parse_share(bad), std::invalid_argument) << bad;
  }
}

TEST(Units, OutOfRangeNumbersNameTheRange) {
  EXPECT_DOUBLE_EQ(parse_number("0.5", 0.01, 240), 0.5);
  EXPECT_EQ(parse_integer("256", 1, 256), 256);
  for (const char* bad : {"", "0", "257", "1.5", "1x", " 1"}) {
    EXPECT_THROW(parse_integer(bad, 1, 256), std::invalid_argument) << bad;
  }
  try {
    parse_number("1000", 0.01, 240);
    FAIL() << "out of range";
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()), "'1000': a number from 0.01 to 240 is expected");
  }
}

}  // namespace
}  // namespace fanlight
