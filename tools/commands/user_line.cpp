// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/user_line.h"

#include <algorithm>
#include <vector>

#include "http/auth/basic_credentials.h"
#include "http/auth/rights.h"

namespace fanlight {
namespace {

bool is_camera_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// What is behind each '@'.
std::vector<std::string> cameras_in(std::string_view rights) {
  std::vector<std::string> names;
  while (true) {
    const size_t at = rights.find_first_of("@+");
    if (at == rights.npos) return names;
    rights.remove_prefix(at + 1);
    const std::string_view name = rights.substr(0, rights.find_first_of("+,@"));
    if (is_camera_name(name)) names.emplace_back(name);
  }
}

std::string line_of(std::string_view name, std::string_view hash,
                    std::optional<std::string_view> rights) {
  std::string line(name);
  line.append(":").append(hash);
  if (rights) line.append(":").append(*rights);
  return line;
}

// The rights in a line of this user, which may have none.
std::optional<std::string_view> rights_in(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const size_t colon = line.find(':', line.find(':') + 1);
  if (colon == line.npos) return {};
  return line.substr(colon + 1);
}

}  // namespace

std::string_view why_not_a_user(std::string_view name) {
  if (name.empty() || name.size() > kUserBytesMax) return "a user's name has 1 to 128 bytes";
  if (name.starts_with('#')) return "a line that begins with '#' would be a comment";
  const auto is_bad = [](char c) {
    return c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  if (std::ranges::any_of(name, is_bad)) {
    return "a user's name has neither colons nor control characters";
  }
  return {};
}

std::string_view why_not_rights(std::string_view rights) {
  Rights parsed;
  return parse_rights(rights, cameras_in(rights), parsed);
}

std::string with_user(std::string_view text, std::string_view name, std::string_view hash,
                      std::optional<std::string_view> rights) {
  std::string result;
  bool is_there = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool is_the_users = line.substr(0, line.find(':')) == name && line.size() > name.size();
    if (!is_the_users) {
      result.append(line).append("\n");
    } else if (!is_there) {
      is_there = true;
      result.append(line_of(name, hash, rights ? rights : rights_in(line))).append("\n");
    }
  }
  if (!is_there) result.append(line_of(name, hash, rights)).append("\n");
  return result;
}

}  // namespace fanlight
