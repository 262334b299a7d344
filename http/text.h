// SPDX-License-Identifier: Apache-2.0
// TextWriter: text formatted into memory that the caller gives.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: nothing. Thread: any one.
// Invariant: what is added fits; the callers write in steps that are bounded by design.
class TextWriter {
 public:
  explicit TextWriter(std::span<char> room) : room_(room) {}

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) noexcept {
    const size_t left = room_.size() - size_;
    const auto result =
        fmt::format_to_n(room_.data() + size_, left, format, std::forward<Args>(args)...);
    CHECK(result.size <= left);
    size_ += result.size;
  }

  // Bytes as they are.
  void raw(std::string_view text) noexcept {
    CHECK(text.size() <= room());
    text.copy(room_.data() + size_, text.size());
    size_ += text.size();
  }

  // As the inside of a JSON string: quotes, backslashes and control characters escaped (RFC 8259
  // section 7); cut after `bytes_max`.
  void add_json(std::string_view text, size_t bytes_max = 256) noexcept {
    for (const char c : text.substr(0, bytes_max)) {
      if (static_cast<unsigned char>(c) < 0x20) {
        add("\\u{:04x}", static_cast<unsigned>(c));
      } else if (c == '"' || c == '\\') {
        add("\\{}", c);
      } else {
        add("{}", c);
      }
    }
  }

  // As text or as a quoted attribute of HTML; cut after 256 characters.
  void add_html(std::string_view text) noexcept {
    text = text.substr(0, 256);
    while (true) {
      const size_t plain = std::min(text.find_first_of("&<>\"'"), text.size());
      raw(text.substr(0, plain));
      if (plain == text.size()) return;
      raw(html_escape(text[plain]));
      text.remove_prefix(plain + 1);
    }
  }

  size_t size() const { return size_; }
  size_t room() const { return room_.size() - size_; }  // bytes that may still be added

 private:
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
      default:
        return "&#39;";
    }
  }

  std::span<char> room_;
  size_t size_ = 0;
};

}  // namespace fanlight
