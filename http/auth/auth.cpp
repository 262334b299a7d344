// SPDX-License-Identifier: Apache-2.0
#include "http/auth/auth.h"

#include <array>
#include <utility>

#include "http/auth/password_hasher.h"

namespace fanlight {

void Auth::set_users(UserTable users) noexcept {
  const std::lock_guard lock(mutex_);
  has_users_ = users.size() > 0;
  users_ = std::move(users);
  ++version_;
  cache_.clear();
}

void Auth::set_keys(LinkKeys keys) noexcept {
  const std::lock_guard lock(mutex_);
  has_keys_ = !keys.empty();
  keys_ = std::move(keys);
}

bool Auth::have_signed(const SignedLink& link) const noexcept {
  const std::lock_guard lock(mutex_);
  return keys_.have_signed(link);
}

// A user's name contains no colon.
Digest Auth::digest_of(const BasicCredentials& credentials) const noexcept {
  return digest_.of(std::array<std::string_view, 3>{credentials.user, ":", credentials.password});
}

Auth::Found Auth::look_up(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const UserTable::User* user = users_.find(name);
  if (user == nullptr) return {false, std::string(users_.stand_in()), {}, version_};
  return {true, user->hash, user->rights, version_};
}

// False if the users have been replaced meanwhile.
bool Auth::remember(const Found& user, const PasswordCheck& check) noexcept {
  const std::lock_guard lock(mutex_);
  if (version_ != user.version) return false;
  cache_.add(check.digest(), user.rights);
  return true;
}

void Auth::carry_out(PasswordCheck& check, PasswordHasher& hasher) noexcept {
  // Of several requests of one page, the first one's result serves the others.
  if (const std::optional<Rights> known = cache_.find(check.digest())) {
    failures_.succeeded(check.client());
    return desk_.answer(check, PasswordOutcome::right, *known);
  }
  const BasicCredentials credentials = check.credentials();
  while (true) {
    const Found user = look_up(credentials.user);
    const std::optional<bool> same =
        user.hash.empty() ? std::optional(false) : hasher.verify(credentials.password, user.hash);
    if (!same) return desk_.answer(check, PasswordOutcome::unavailable, {});
    if (!user.exists || !*same) return desk_.answer(check, PasswordOutcome::wrong, {});
    if (!remember(user, check)) continue;
    failures_.succeeded(check.client());
    return desk_.answer(check, PasswordOutcome::right, user.rights);
  }
}

}  // namespace fanlight
