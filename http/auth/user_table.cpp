// SPDX-License-Identifier: Apache-2.0
#include "http/auth/user_table.h"

#include <algorithm>

#include "core/to_number.h"
#include "http/auth/basic_credentials.h"

namespace fanlight {
namespace {

std::string_view take_until(char end, std::string_view& text) {
  const size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

// crypt(5) forbids these in a hash.
bool is_clean(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("!*:;\\").find(c) == std::string_view::npos;
  });
}

bool is_hash64(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '/';
  });
}

// The digits of crypt(5), of which four stand for three bytes. Of the last ones of a salt, the bits
// behind its last byte are 0, or libcrypt refuses it (alg-yescrypt-common.c, decode64()).
bool is_yescrypt_salt(std::string_view salt) {
  constexpr size_t kSaltMax = 86;  // 64 bytes
  if (salt.empty() || salt.size() > kSaltMax || !is_hash64(salt)) return false;
  switch (salt.size() % 4) {
    case 1:
      return false;
    case 2:
      return std::string_view("./01").find(salt.back()) != std::string_view::npos;
    case 3:
      return std::string_view("./0123456789ABCD").find(salt.back()) != std::string_view::npos;
    default:
      return true;
  }
}

constexpr std::string_view kTooCostly =
    "the hash costs more than 64 MB (yescrypt), cost 14 (bcrypt) or 1000000 rounds (SHA-512)";
constexpr std::string_view kBroken = "the hash is not complete";

// $y$j9T$SALT$HASH. The second character of the parameters is log2(N) - 1 in the digits ./0-9A-Z,
// the third one stands for r, 'T' for 32 and '5' for 8 (alg-yescrypt-common.c): 128 * r * N bytes.
std::string_view why_not_yescrypt(std::string_view rest) {
  const std::string_view parameters = take_until('$', rest);
  const std::string_view salt = take_until('$', rest);
  if (parameters.size() != 3 || parameters[0] != 'j') return kTooCostly;
  const char cost = parameters[1];
  const bool is_known = (cost >= '7' && cost <= '9') || (cost >= 'A' && cost <= 'Z');
  if (!is_known || cost > 'B' || (parameters[2] != 'T' && parameters[2] != '5')) return kTooCostly;
  if (!is_yescrypt_salt(salt)) return kBroken;
  return rest.size() == 43 && is_hash64(rest) ? std::string_view() : kBroken;
}

// $2b$05$, then 22 characters of salt and 31 of hash.
std::string_view why_not_bcrypt(std::string_view rest) {
  const std::string_view cost = take_until('$', rest);
  if (cost.size() != 2) return kBroken;
  const int log_rounds = to_number<int>(cost).value_or(0);
  if (log_rounds < 4 || log_rounds > 14) return kTooCostly;
  return rest.size() == 53 && is_hash64(rest) ? std::string_view() : kBroken;
}

// $6$, perhaps rounds=N$, SALT$HASH. libcrypt refuses an N that begins with 0.
std::string_view why_not_sha512(std::string_view rest) {
  constexpr std::string_view kRounds = "rounds=";
  if (rest.starts_with(kRounds)) {
    const std::string_view number = take_until('$', rest).substr(kRounds.size());
    const auto rounds = to_number<uint32_t>(number);
    if (number.starts_with('0')) return kBroken;
    if (!rounds || *rounds < 1000 || *rounds > 1'000'000) return kTooCostly;
  }
  const std::string_view salt = take_until('$', rest);
  if (salt.size() > 16 || !is_hash64(salt)) return kBroken;
  return rest.size() == 86 && is_hash64(rest) ? std::string_view() : kBroken;
}

std::string_view parse_line(std::string_view line, std::span<const std::string> cameras,
                            UserTable::User& user) {
  if (line.find(':') == line.npos) return "user:hash is expected";
  const std::string_view name = take_until(':', line);
  if (name.empty() || name.size() > kUserBytesMax) return "the user's name has 1 to 128 bytes";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return "there is a control character in the user's name";
  }
  const bool has_rights = line.find(':') != line.npos;
  const std::string_view hash = take_until(':', line);
  if (const std::string_view why_not = why_not_a_hash(hash); !why_not.empty()) return why_not;
  user.name = name;
  user.hash = hash;
  if (has_rights) return parse_rights(line, cameras, user.rights);
  user.rights = Rights(kUsualRights);
  return {};
}

}  // namespace

std::string_view why_not_a_hash(std::string_view hash) noexcept {
  if (hash.size() > UserTable::kHashBytesMax || !is_clean(hash)) return kBroken;
  if (hash.starts_with("$y$")) return why_not_yescrypt(hash.substr(3));
  for (const std::string_view bcrypt : {"$2b$", "$2y$", "$2a$"}) {
    if (hash.starts_with(bcrypt)) return why_not_bcrypt(hash.substr(bcrypt.size()));
  }
  if (hash.starts_with("$6$")) return why_not_sha512(hash.substr(3));
  return "the hash is none of yescrypt ($y$), bcrypt ($2b$, $2y$, $2a$; htpasswd -B) and SHA-512 "
         "($6$; mkpasswd); fanlight passwd makes one";
}

std::optional<FileMistake> UserTable::parse(std::string_view text,
                                            std::span<const std::string> cameras) {
  if (text.size() > kFileBytesMax) return FileMistake{1, "the file is larger than 1 MB"};
  std::vector<User> users;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    std::string_view line = take_until('\n', text);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (users.size() == kUsersMax) return FileMistake{number, "more than 10000 users"};
    const std::string_view wrong = parse_line(line, cameras, users.emplace_back());
    if (!wrong.empty()) return FileMistake{number, wrong};
    const auto same =
        std::lower_bound(users.begin(), users.end() - 1, users.back(),
                         [](const User& a, const User& b) { return a.name < b.name; });
    if (same != users.end() - 1 && same->name == users.back().name) {
      return FileMistake{number, "this user has a line above already"};
    }
    std::rotate(same, users.end() - 1, users.end());
  }
  users_ = std::move(users);
  return {};
}

const UserTable::User* UserTable::find(std::string_view name) const noexcept {
  const auto found = std::lower_bound(
      users_.begin(), users_.end(), name,
      [](const User& user, std::string_view wanted) { return user.name < wanted; });
  return found != users_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace fanlight
