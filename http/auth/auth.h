// SPDX-License-Identifier: Apache-2.0
// Auth: what the shards need to decide who may do what: the users, the keys of links, which
// credentials are known to be right, and who has failed how often.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/auth/credential_cache.h"
#include "http/auth/keyed_digest.h"
#include "http/auth/login_failures.h"
#include "http/auth/password_desk.h"
#include "http/auth/signed_link.h"
#include "http/auth/user_table.h"

namespace fanlight {

class PasswordHasher;

// Owns: all of this. Thread: any; made by main, outlives the shards. set_users() and set_keys() by
//   main.
// Invariant: what the cache holds was found in the users that are in force.
class Auth {
 public:
  Auth() : digest_(KeyedDigest::with_random_key()) {}
  Auth(const Auth&) = delete;
  Auth& operator=(const Auth&) = delete;

  // Forgets all credentials that were verified.
  void set_users(UserTable users) noexcept;
  void set_keys(LinkKeys keys) noexcept;

  // --- shards ---

  // Without keys, signed links mean nothing.
  bool has_keys() const noexcept { return has_keys_.load(); }
  bool have_signed(const SignedLink& link) const noexcept;
  // Whether there is a password that would be right.
  bool has_users() const noexcept { return has_users_.load(); }

  Digest digest_of(const BasicCredentials& credentials) const noexcept;
  std::optional<Rights> find(const Digest& digest) noexcept { return cache_.find(digest); }
  LoginFailures& failures() noexcept { return failures_; }
  PasswordDesk& desk() noexcept { return desk_; }

  // --- threads that verify ---

  // Verifies what was taken from the desk, and answers it. Takes tens of milliseconds.
  void carry_out(PasswordCheck& check, PasswordHasher& hasher) noexcept;

 private:
  // A user, copied: the table may be replaced while the password is verified.
  struct Found {
    bool exists = false;
    std::string hash;  // of someone else if there is no such user; empty: there are no users
    Rights rights;
    uint64_t version = 0;  // of the table
  };
  Found look_up(std::string_view user) const;
  bool remember(const Found& user, const PasswordCheck& check) noexcept;

  mutable std::mutex mutex_;  // guards the next three, and the order of set_users() and remember()
  UserTable users_;
  uint64_t version_ = 0;
  LinkKeys keys_;
  std::atomic<bool> has_users_{false};
  std::atomic<bool> has_keys_{false};
  const KeyedDigest digest_;
  CredentialCache cache_;
  LoginFailures failures_;
  PasswordDesk desk_;
};

}  // namespace fanlight
