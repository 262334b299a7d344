// SPDX-License-Identifier: Apache-2.0
// TextWriter: formats text into the caller's memory.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "core/check.h"
#include "core/printable.h"

namespace fanlight {

// Owns: nothing. Thread: any one.
// Invariant: what is added fits; callers write in steps whose size is bounded by design.
class TextWriter {
 public:
  // How much of a text from outside is added, unless another limit is given.
  static constexpr size_t kForeignBytesMax = 256;

  explicit TextWriter(std::span<char> room) : room_(room) {}

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) noexcept {
    const size_t left = room_.size() - size_;
    const auto result =
        fmt::format_to_n(room_.data() + size_, left, format, std::forward<Args>(args)...);
    CHECK(result.size <= left);
    size_ += result.size;
  }

  // Adds the bytes unchanged.
  void raw(std::string_view text) noexcept {
    CHECK(text.size() <= room());
    text.copy(room_.data() + size_, text.size());
    size_ += text.size();
  }

  // Moves as much of `left` as fits from its beginning, unchanged, and leaves `spare` bytes of
  // room.
  void raw_part(std::string_view& left, size_t spare = 0) noexcept {
    CHECK(spare <= room());
    const std::string_view part = left.substr(0, room() - spare);
    raw(part);
    left.remove_prefix(part.size());
  }

  // Adds the content of a JSON string (RFC 8259 section 7): made printable (take_printable()),
  // quotes and backslashes escaped; only whole characters within the first `bytes_max` bytes.
  void add_json(std::string_view text, size_t bytes_max = kForeignBytesMax) noexcept {
    add_foreign(text, bytes_max, [](char c) {
      return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string_view();
    });
  }

  // Adds HTML text or the content of a quoted attribute, made printable; only whole characters
  // within the first kForeignBytesMax bytes.
  void add_html(std::string_view text) noexcept {
    add_foreign(text, kForeignBytesMax, html_escape);
  }

  std::string_view view() const { return {room_.data(), size_}; }
  size_t size() const { return size_; }
  size_t room() const { return room_.size() - size_; }  // bytes that may still be added

 private:
  // `escape` returns the replacement of a character, or an empty view if it needs none.
  template <class Escape>
  void add_foreign(std::string_view text, size_t bytes_max, Escape escape) noexcept {
    const size_t size = text.size();
    while (!text.empty()) {
      const std::string_view shown = take_printable(text);
      if (size - text.size() > bytes_max) return;
      const std::string_view escaped = escape(shown[0]);
      raw(escaped.empty() ? shown : escaped);
    }
  }

  static std::string_view html_escape(char c) noexcept {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      default:
        return {};
    }
  }

  std::span<char> room_;
  size_t size_ = 0;
};

}  // namespace fanlight
