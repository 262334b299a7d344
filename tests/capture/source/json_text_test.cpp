// SPDX-License-Identifier: Apache-2.0
#include "capture/source/json_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

TEST(JsonText, StringsAreEscaped) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("a \"b\" \\ \n\x01 \xc3\xa9"), "\"a \\\"b\\\" \\\\ \\n\\u0001 \xc3\xa9\"");
}

TEST(JsonText, OtherEncodingsAreReplacedOrRefused) {
  EXPECT_EQ(json_string("a\xff"), "\"a\xef\xbf\xbd\"");
  EXPECT_EQ(json_string("a", NotUtf8::refuse), R"("a")");
  EXPECT_THROW(json_string("a\xff", NotUtf8::refuse), std::invalid_argument);
}

TEST(JsonText, NumbersAndBooleans) {
  EXPECT_EQ(json_number(29.97), "29.97");
  EXPECT_EQ(json_number(30), "30.0");
  EXPECT_EQ(json_boolean(true), "true");
  EXPECT_EQ(json_boolean(false), "false");
}

TEST(JsonText, ArraysAndObjectsKeepTheirOrder) {
  EXPECT_EQ(json_array({}), "[]");
  EXPECT_EQ(json_array(std::vector<std::string>{"1", "\"a\"", "[]"}), R"([1,"a",[]])");
  EXPECT_EQ(json_object({}), "{}");
  EXPECT_EQ(json_object({{"z", "1"}, {"a\"", "{}"}}), R"({"z":1,"a\"":{}})");
}

TEST(JsonText, ThrowsWhereMemoryIsShort) {
  const auto nested = [] {
    const std::string text = json_string("longer than what a short string has room for");
    return json_object({{"a", json_array(std::vector<std::string>{text, text})}, {"b", text}});
  };
  EXPECT_GT(fail_each_allocation(nested), 5);
}

}  // namespace
}  // namespace fanlight
