// SPDX-License-Identifier: Apache-2.0
// JSON text, made of values that are JSON text already.
//
// nlohmann::json could hold them, but its destructor allocates for arrays and objects, and is
// noexcept: where memory is short, it ends the process.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanlight {

// What becomes of bytes that are not UTF-8.
enum class NotUtf8 : uint8_t {
  replace,  // by U+FFFD
  refuse,   // by std::invalid_argument
};

// In quotes, with the escapes that JSON requires.
std::string json_string(std::string_view text, NotUtf8 otherwise = NotUtf8::replace);

// The shortest text that is this number again, with a point or an exponent.
std::string json_number(double value);

std::string json_boolean(bool value);

// Each value is JSON text.
std::string json_array(std::span<const std::string> values);

// An object's members in order: names, as they are, and values, which are JSON text.
using JsonMembers = std::vector<std::pair<std::string, std::string>>;

std::string json_object(const JsonMembers& members);

}  // namespace fanlight
