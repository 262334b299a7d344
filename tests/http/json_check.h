// SPDX-License-Identifier: Apache-2.0
// JsonCheck: parses JSON strictly by RFC 8259 and stores every scalar value under its path.
#pragma once

#include <cctype>
#include <map>
#include <string>
#include <string_view>

namespace fanlight {

// Owns: the parsed values. Thread: one.
class JsonCheck {
 public:
  explicit JsonCheck(std::string_view text) : rest_(text) {
    skip_space();
    valid_ = take_value("");
    skip_space();
    valid_ = valid_ && rest_.empty();
  }

  bool valid() const { return valid_; }
  // As written, strings without quotes: at("cameras[0].name"). "absent" if there is no such value.
  std::string at(const std::string& path) const {
    const auto found = values_.find(path);
    return found == values_.end() ? "absent" : found->second;
  }
  const std::map<std::string, std::string>& values() const { return values_; }
  // Elements of the array at `path`.
  size_t size(const std::string& path) const {
    const auto found = sizes_.find(path);
    return found == sizes_.end() ? 0 : found->second;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_[0]) != std::string_view::npos) {
      rest_.remove_prefix(1);
    }
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool take_value(const std::string& path) {
    if (take("{")) return take_object(path);
    if (take("[")) return take_array(path);
    std::string value;
    if (rest_.starts_with('"')) {
      if (!take_string(value)) return false;
    } else if (!take_word(value) && !take_number(value)) {
      return false;
    }
    return values_.emplace(path, value).second;  // a duplicate name is an error too
  }

  bool take_object(const std::string& path) {
    skip_space();
    if (take("}")) return true;
    for (;;) {
      std::string name;
      skip_space();
      if (!take_string(name)) return false;
      skip_space();
      if (!take(":")) return false;
      skip_space();
      if (!take_value(path.empty() ? name : path + "." + name)) return false;
      skip_space();
      if (take("}")) return true;
      if (!take(",")) return false;
    }
  }

  bool take_array(const std::string& path) {
    size_t& size = sizes_[path];
    skip_space();
    if (take("]")) return true;
    for (;;) {
      skip_space();
      if (!take_value(path + "[" + std::to_string(size++) + "]")) return false;
      skip_space();
      if (take("]")) return true;
      if (!take(",")) return false;
    }
  }

  bool take_string(std::string& value) {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      value += c;
      if (c == '\\' && !take_escape(value)) return false;
    }
    return false;
  }

  // Escapes are kept as written.
  bool take_escape(std::string& value) {
    if (rest_.empty()) return false;
    const char kind = rest_[0];
    const size_t size = kind == 'u' ? 5 : 1;
    if (rest_.size() < size ||
        std::string_view("\"\\/bfnrtu").find(kind) == std::string_view::npos) {
      return false;
    }
    for (const char c : rest_.substr(1, size - 1)) {
      if (!std::isxdigit(static_cast<unsigned char>(c))) return false;
    }
    value += rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool take_word(std::string& value) {
    for (const char* word : {"true", "false", "null"}) {
      if (take(word)) {
        value = word;
        return true;
      }
    }
    return false;
  }

  size_t take_digits(std::string& value) {
    size_t count = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; ++count) {
      value += rest_[0];
      rest_.remove_prefix(1);
    }
    return count;
  }

  bool take_number(std::string& value) {
    if (take("-")) value += '-';
    const bool zero = rest_.starts_with('0');
    const size_t digits = take_digits(value);
    if (digits == 0 || (zero && digits > 1)) return false;
    if (take(".")) {
      value += '.';
      if (take_digits(value) == 0) return false;
    }
    return true;
  }

  std::string_view rest_;
  std::map<std::string, std::string> values_;
  std::map<std::string, size_t> sizes_;
  bool valid_ = false;
};

}  // namespace fanlight
