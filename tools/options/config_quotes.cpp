// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_quotes.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>

#include "tools/options/option_table.h"
#include "tools/options/source_spec.h"

namespace fanlight {
namespace {

constexpr size_t kLineBytesMax = 300;  // longer ones do not fit into the answer

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool is_toml(std::string_view text) {
  try {
    return !toml::parse(text).empty();
  } catch (const toml::parse_error&) {
    return false;
  }
}

// A blank and a # begin a comment, even where missing quotes do not show the end of the text.
std::string_view without_comment(std::string_view text) {
  for (size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '#' && (text[at - 1] == ' ' || text[at - 1] == '\t')) return text.substr(0, at);
  }
  return text;
}

// A line in two forms: complete, for parsing, and without secrets, for showing.
struct Line {
  std::string whole;
  std::string shown;

  void append(std::string_view text) {
    whole += text;
    shown += text;
  }
  // A value, in quotes unless it is valid without them.
  void append_value(std::string_view value, bool is_switch) {
    if (is_switch) {
      for (const std::string_view on : {"on", "yes", "True", "ON", "TRUE", "Yes"}) {
        if (value == on) return append("true");
      }
      for (const std::string_view off : {"off", "no", "False", "OFF", "FALSE", "No"}) {
        if (value == off) return append("false");
      }
    }
    const bool is_right = is_toml(fmt::format("x = {}", value));
    const char* quote = is_right ? "" : "\"";
    whole += fmt::format("{}{}{}", quote, value, quote);
    shown += fmt::format("{}{}{}", quote, shown_source(value), quote);
  }
};

// The values of an array, or of an inline table, where each has a key.
void append_values(Line& line, std::string_view values) {
  const char open = values.front();
  const char close = open == '[' ? ']' : '}';
  std::string_view inner = trim(values.substr(1, values.size() - 1));
  if (inner.ends_with(close)) inner = trim(inner.substr(0, inner.size() - 1));
  line.append(open == '[' ? "[" : "{ ");
  for (bool is_first = true; !inner.empty(); is_first = false) {
    std::string_view each = inner.substr(0, inner.find(','));
    inner = trim(inner.substr(std::min(each.size() + 1, inner.size())));
    if (!is_first) line.append(", ");
    const size_t equals = open == '{' ? each.find('=') : each.npos;
    if (equals != each.npos) {
      line.append(trim(each.substr(0, equals)));
      line.append(" = ");
      each.remove_prefix(equals + 1);
    }
    line.append_value(trim(each), false);
  }
  line.append(open == '[' ? "]" : " }");
}

}  // namespace

std::optional<std::string> quoted_line(std::string_view text) {
  text = trim(text);
  if (text.size() > kLineBytesMax) return {};
  const size_t middle = text.find_first_of("=:");
  if (middle == text.npos || middle == 0 || text.find_first_of("\"'") != text.npos) return {};
  const std::string_view key = trim(text.substr(0, middle));
  const std::string_view value = trim(without_comment(text.substr(middle + 1)));
  if (key.empty() || value.empty()) return {};
  Line line;
  line.append(fmt::format("{} = ", key));
  // An IPv6 address begins with the same bracket as an array.
  const bool has_values = value.front() == '{' ||
                          (value.front() == '[' && value.find("]:") == value.npos) ||
                          value.starts_with("[[");
  if (has_values) {
    append_values(line, value);
  } else {
    const Option* option = find_option(key);
    line.append_value(value, option != nullptr && option->is(kToggle));
  }
  return is_toml(line.whole) ? std::optional(line.shown) : std::nullopt;
}

}  // namespace fanlight
