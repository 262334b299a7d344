// SPDX-License-Identifier: Apache-2.0
// PasswordHasher: hashes of passwords, by libcrypt (crypt(3)).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct crypt_data;

namespace fanlight {

// Owns: libcrypt's 32 KB of state, which it overwrites after use. Thread: one.
class PasswordHasher {
 public:
  PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;
  ~PasswordHasher();

  // Whether `hash` is that of the password; compares in constant time. Nothing if libcrypt refuses:
  // no memory, or a method that the system's policy has disabled. Takes tens of milliseconds.
  std::optional<bool> verify(std::string_view password, std::string_view hash) noexcept;

  // A new hash, of the kind that this distribution prefers (yescrypt). Throws std::system_error.
  std::string hash(std::string_view password);

 private:
  const char* crypt(std::string_view password, const char* setting) noexcept;
  void wipe() noexcept;

  const std::unique_ptr<crypt_data> data_;
};

}  // namespace fanlight
