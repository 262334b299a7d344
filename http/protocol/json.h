// SPDX-License-Identifier: Apache-2.0
// JsonWriter: writes JSON into a TextWriter, and sets the commas.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "http/protocol/text.h"

namespace fanlight {

// Whether the next member or element is the first in its object or array, or needs a comma. A
// report that is written in steps keeps this from one step to the next. The enclosing objects need
// no memory of their own: what follows a nested one is never the first.
enum class JsonPosition : uint8_t { first, further };

// Owns: nothing. Thread: any one.
// Invariant: the text is JSON if the caller closes what it opened, in order, and gives a key to
//   each member of an object, and to nothing else.
class JsonWriter {
 public:
  // Bytes that splice() leaves for what follows in the same step: a few ends, and the next key.
  static constexpr size_t kSpareBytes = 32;

  // `position` outlives the writer; JsonPosition::first before the first step.
  JsonWriter(TextWriter& text, JsonPosition& position) noexcept
      : text_(text), position_(position) {}

  void begin_object() noexcept { open("{"); }
  void end_object() noexcept { close("}"); }
  void begin_array() noexcept { open("["); }
  void end_array() noexcept { close("]"); }

  // The key of the next value; nothing in it may need an escape.
  JsonWriter& key(std::string_view key) noexcept {
    open("\"");
    text_.raw(key);
    text_.raw("\":");
    return *this;
  }

  void number(std::integral auto value) noexcept {
    begin_value();
    text_.add("{}", value);
  }
  // With a fixed number of decimals. JSON has no infinity, and nothing for "not a number": null.
  void number(double value, int decimals) noexcept {
    if (!std::isfinite(value)) return null();
    begin_value();
    text_.add("{:.{}f}", value, decimals);
  }
  void number(bool value) = delete;  // see boolean()
  void boolean(bool value) noexcept { literal(value ? "true" : "false"); }
  void null() noexcept { literal("null"); }

  // A string with any content: see TextWriter::add_json().
  void string(std::string_view value, size_t bytes_max = TextWriter::kForeignBytesMax) noexcept {
    open("\"");
    text_.add_json(value, bytes_max);
    close("\"");
  }
  // A string in which nothing needs an escape, such as the hexadecimal digits of an id.
  template <class... Args>
  void formatted(fmt::format_string<Args...> format, Args&&... args) noexcept {
    open("\"");
    text_.add(format, std::forward<Args>(args)...);
    close("\"");
  }

  // Moves text that is JSON already, a value or some elements with their commas, from the beginning
  // of `left`: as much as fits, except for kSpareBytes. It may be split anywhere; no comma is set
  // before it.
  void splice(std::string_view& left) noexcept {
    text_.raw_part(left, kSpareBytes);
    position_ = JsonPosition::further;
  }

 private:
  void begin_value() noexcept {
    if (position_ == JsonPosition::further) text_.raw(",");
    position_ = JsonPosition::further;
  }
  void literal(std::string_view value) noexcept {
    begin_value();
    text_.raw(value);
  }
  void open(std::string_view bracket) noexcept {
    literal(bracket);
    position_ = JsonPosition::first;
  }
  void close(std::string_view bracket) noexcept {
    text_.raw(bracket);
    position_ = JsonPosition::further;
  }

  TextWriter& text_;
  JsonPosition& position_;
};

}  // namespace fanlight
