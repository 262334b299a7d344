// SPDX-License-Identifier: Apache-2.0
#include "tools/flags/units.h"

#include <fmt/core.h>

#include <charconv>
#include <stdexcept>

namespace fanlight {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view expected) {
  throw std::invalid_argument(fmt::format("'{}': {}", text, expected));
}

// Splits off a leading number; false when there is none.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

}  // namespace

Duration parse_duration(std::string_view text) {
  constexpr std::string_view kExpected = "a duration such as 500ms, 10s or 5m is expected";
  constexpr double kYear = 366.0 * 24 * 3600;
  std::string_view unit = text;
  double number = 0;
  if (!take_number(unit, number)) refuse(text, kExpected);
  double seconds = 0;
  if (unit.empty() || unit == "s") {
    seconds = number;
  } else if (unit == "ms") {
    seconds = number / 1000;
  } else if (unit == "m") {
    seconds = number * 60;
  } else if (unit == "h") {
    seconds = number * 3600;
  } else {
    refuse(text, kExpected);
  }
  if (!(seconds > 0) || seconds > kYear) refuse(text, kExpected);
  return from_seconds(seconds);
}

std::optional<Duration> parse_duration_or_off(std::string_view text) {
  if (text == "off") return std::nullopt;
  return parse_duration(text);
}

size_t parse_size(std::string_view text) {
  constexpr std::string_view kExpected = "a size such as 65536, 64K or 8M is expected";
  constexpr size_t kMax = size_t{1} << 40;
  std::string_view unit = text;
  size_t number = 0;
  if (!take_number(unit, number)) refuse(text, kExpected);
  size_t factor = 1;
  if (unit == "K") {
    factor = size_t{1} << 10;
  } else if (unit == "M") {
    factor = size_t{1} << 20;
  } else if (unit == "G") {
    factor = size_t{1} << 30;
  } else if (!unit.empty()) {
    refuse(text, kExpected);
  }
  if (number > kMax / factor) refuse(text, "the maximum is 1024G");
  return number * factor;
}

uint64_t parse_rate(std::string_view text) {
  constexpr std::string_view kExpected = "a rate such as 800Mbit or 1Gbit is expected";
  std::string_view unit = text;
  double number = 0;
  if (!take_number(unit, number)) refuse(text, kExpected);
  double factor = 1;
  if (unit == "Kbit") {
    factor = 1e3;
  } else if (unit == "Mbit") {
    factor = 1e6;
  } else if (unit == "Gbit") {
    factor = 1e9;
  } else if (!unit.empty() && unit != "bit") {
    refuse(text, kExpected);
  }
  const double rate = number * factor;
  if (!(rate >= 8e3) || rate > 1e12) refuse(text, "it must be 8Kbit to 1000Gbit");
  return static_cast<uint64_t>(rate);
}

PictureSize parse_picture_size(std::string_view text) {
  constexpr std::string_view kExpected =
      "a size such as 1280x720 is expected, each from 16 to 16384 pixels";
  std::string_view rest = text;
  PictureSize size{};
  if (!take_number(rest, size.width) || !rest.starts_with('x')) refuse(text, kExpected);
  rest.remove_prefix(1);
  if (!take_number(rest, size.height) || !rest.empty()) refuse(text, kExpected);
  for (const int side : {size.width, size.height}) {
    if (side < 16 || side > 16384) refuse(text, kExpected);
  }
  return size;
}

unsigned parse_file_mode(std::string_view text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) {
    refuse(text, "permissions in octal, such as 660, are expected");
  }
  return mode;
}

bool parse_switch(std::string_view text) {
  if (text == "on" || text == "true" || text == "1") return true;
  if (text == "off" || text == "false" || text == "0") return false;
  refuse(text, "on or off is expected");
}

double parse_share(std::string_view text) {
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number) || rest != "%" || !(number >= 0) || number > 100) {
    refuse(text, "a share from 0% to 100% is expected");
  }
  return number / 100;
}

double parse_number(std::string_view text, double low, double high) {
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number) || !rest.empty() || !(number >= low) || number > high) {
    refuse(text, fmt::format("a number from {} to {} is expected", low, high));
  }
  return number;
}

double parse_percent(std::string_view text) {
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number) || rest != "%" || !(number >= 1) || number > 100) {
    refuse(text, "a percentage from 1% to 100% is expected");
  }
  return number;
}

long parse_integer(std::string_view text, long low, long high) {
  std::string_view rest = text;
  long number = 0;
  if (!take_number(rest, number) || !rest.empty() || number < low || number > high) {
    refuse(text, fmt::format("a whole number from {} to {} is expected", low, high));
  }
  return number;
}

}  // namespace fanlight
