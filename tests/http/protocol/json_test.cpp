// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/json.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "tests/http/json_check.h"

namespace fanlight {
namespace {

// What `write` writes in one step.
template <class Write>
std::string written(Write write) {
  std::array<char, 2048> room;
  TextWriter text(room);
  JsonPosition position = JsonPosition::first;
  JsonWriter json(text, position);
  write(json);
  return std::string(text.view());
}

TEST(JsonWriter, NestsObjectsAndArrays) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_object();
    json.key("a").number(1);
    json.key("b").begin_object();
    json.key("c").begin_array();
    json.number(2);
    json.begin_array();
    json.null();
    json.end_array();
    json.begin_object();
    json.key("d").boolean(true);
    json.key("e").boolean(false);
    json.end_object();
    json.end_array();
    json.key("f").string("g");
    json.end_object();
    json.key("h").null();
    json.end_object();
  });
  EXPECT_EQ(text, R"({"a":1,"b":{"c":[2,[null],{"d":true,"e":false}],"f":"g"},"h":null})");
  EXPECT_TRUE(JsonCheck(text).valid());
}

TEST(JsonWriter, EmptyOnesAreClosedAtOnce) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_object();
    json.key("a").begin_array();
    json.end_array();
    json.key("b").begin_object();
    json.end_object();
    json.key("c").begin_array();
    json.begin_array();
    json.end_array();
    json.begin_array();
    json.end_array();
    json.end_array();
    json.end_object();
  });
  EXPECT_EQ(text, R"({"a":[],"b":{},"c":[[],[]]})");
}

// Each call in a step of its own, with new room and a new writer.
TEST(JsonWriter, CommasAreSetAcrossSteps) {
  JsonPosition position = JsonPosition::first;
  std::string all;
  const auto step = [&](auto write) {
    std::array<char, 64> room;
    TextWriter text(room);
    JsonWriter json(text, position);
    write(json);
    all += text.view();
  };
  step([](JsonWriter& json) { json.begin_object(); });
  step([](JsonWriter& json) { json.key("a").begin_array(); });
  for (const int element : {1, 2}) step([element](JsonWriter& json) { json.number(element); });
  step([](JsonWriter& json) { json.begin_object(); });
  step([](JsonWriter& json) { json.end_object(); });
  step([](JsonWriter& json) { json.begin_object(); });
  step([](JsonWriter& json) { json.end_object(); });
  step([](JsonWriter& json) { json.end_array(); });
  step([](JsonWriter& json) { json.key("b"); });
  step([](JsonWriter& json) { json.number(3); });
  step([](JsonWriter& json) { json.key("c").string("d"); });
  step([](JsonWriter& json) { json.end_object(); });
  EXPECT_EQ(all, R"({"a":[1,2,{},{}],"b":3,"c":"d"})");
  static_assert(sizeof(position) == 1);
}

TEST(JsonWriter, NumbersHaveTheirLimits) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_array();
    json.number(std::numeric_limits<int64_t>::min());
    json.number(std::numeric_limits<uint64_t>::max());
    json.number(-1);
    json.number(uint16_t{0});
    json.end_array();
  });
  EXPECT_EQ(text, "[-9223372036854775808,18446744073709551615,-1,0]");
}

TEST(JsonWriter, DecimalsAreFixed) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_array();
    json.number(2.0, 3);
    json.number(-0.0625, 3);
    json.number(1e9 / 3, 6);
    json.number(29.97, 0);
    json.number(0.95, 2);
    json.end_array();
  });
  EXPECT_EQ(text, "[2.000,-0.062,333333333.333333,30,0.95]");
  EXPECT_TRUE(JsonCheck(text).valid());
}

TEST(JsonWriter, WhatIsNoNumberIsNull) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_array();
    json.number(std::numeric_limits<double>::quiet_NaN(), 3);
    json.number(std::numeric_limits<double>::infinity(), 3);
    json.number(-std::numeric_limits<double>::infinity(), 3);
    json.end_array();
  });
  EXPECT_EQ(text, "[null,null,null]");
}

TEST(JsonWriter, StringsAreEscapedAndCut) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_array();
    json.string("a\"b\\c\n\x01é");
    json.string("");
    json.string("abcdef", 3);
    json.end_array();
  });
  EXPECT_EQ(text, "[\"a\\\"b\\\\c \uFFFDé\",\"\",\"abc\"]");
  EXPECT_TRUE(JsonCheck(text).valid());
  const std::string cut = written([](JsonWriter& json) { json.string(std::string(1000, 'x')); });
  EXPECT_EQ(cut, '"' + std::string(TextWriter::kForeignBytesMax, 'x') + '"');
}

TEST(JsonWriter, StringsMayBeFormatted) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_array();
    json.formatted("{:x}", uint64_t{0xf00d});
    json.formatted("{:x}", std::numeric_limits<uint64_t>::max());
    json.formatted("{}x{}", 640, 480);
    json.end_array();
  });
  EXPECT_EQ(text, R"(["f00d","ffffffffffffffff","640x480"])");
}

// The list of a camera's controls, say, in as many steps as it needs.
TEST(JsonWriter, SplicesJsonInParts) {
  std::string_view elements = R"({"x":1},{"y":"2"})";
  std::string_view value = R"({"z":[]})";
  JsonPosition position = JsonPosition::first;
  std::string all;
  const auto step = [&](auto write) {
    std::array<char, JsonWriter::kSpareBytes + 5> room;
    TextWriter text(room);
    JsonWriter json(text, position);
    write(json);
    all += text.view();
  };
  step([](JsonWriter& json) { json.begin_object(); });
  step([](JsonWriter& json) { json.key("a").begin_array(); });
  while (!elements.empty()) step([&](JsonWriter& json) { json.splice(elements); });
  step([](JsonWriter& json) { json.end_array(); });
  step([](JsonWriter& json) { json.key("b"); });
  while (!value.empty()) step([&](JsonWriter& json) { json.splice(value); });
  step([](JsonWriter& json) { json.key("c").begin_array(); });
  std::string_view none;
  step([&](JsonWriter& json) { json.splice(none); });
  step([](JsonWriter& json) { json.end_array(); });
  step([](JsonWriter& json) { json.end_object(); });
  EXPECT_EQ(all, R"({"a":[{"x":1},{"y":"2"}],"b":{"z":[]},"c":[]})");
}

}  // namespace
}  // namespace fanlight
