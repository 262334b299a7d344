// SPDX-License-Identifier: Apache-2.0
// UserTable: what the file of --auth-file says.
//
// The format is htpasswd's: on each line `user:hash`, and behind a further colon the user's rights
// (rights.h), which a program that knows only the first two fields ignores or, like nginx, allows.
// Lines that are empty or begin with '#' have no meaning. A hash is what crypt(5) calls yescrypt,
// bcrypt or sha512crypt.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/auth/rights.h"

namespace fanlight {

// What is wrong with a line, counted from 1. `words` quotes nothing of the file.
struct FileMistake {
  size_t line = 0;
  std::string_view words;
};

// Owns: the users. Thread: constant once it is parsed, so any.
class UserTable {
 public:
  static constexpr size_t kFileBytesMax = 1 << 20;
  static constexpr size_t kUsersMax = 10'000;
  static constexpr size_t kHashBytesMax = 192;

  struct User {
    std::string name;
    std::string hash;
    Rights rights;
  };

  // `cameras`: names, by index. Replaces what was there, but not if there is a mistake.
  std::optional<FileMistake> parse(std::string_view text, std::span<const std::string> cameras);

  // nullptr if there is none of this name.
  const User* find(std::string_view name) const noexcept;
  size_t size() const noexcept { return users_.size(); }
  // A hash as costly as the first user's, for names that are not in the table: an answer that comes
  // sooner would say so. Without users, that of the empty text is no hash.
  std::string_view stand_in() const noexcept {
    return users_.empty() ? std::string_view() : std::string_view(users_.front().hash);
  }

 private:
  std::vector<User> users_;  // in order of their names
};

// Why a hash is not used: an empty view, or words (static lifetime). Its memory and time are
// bounded: yescrypt to 64 MB, bcrypt to cost 14, sha512crypt to 1,000,000 rounds.
std::string_view why_not_a_hash(std::string_view hash) noexcept;

}  // namespace fanlight
