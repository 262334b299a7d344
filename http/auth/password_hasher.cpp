// SPDX-License-Identifier: Apache-2.0
#include "http/auth/password_hasher.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/check.h"
#include "http/auth/basic_credentials.h"
#include "http/auth/user_table.h"

namespace fanlight {

PasswordHasher::PasswordHasher() : data_(std::make_unique<crypt_data>()) {}

PasswordHasher::~PasswordHasher() {
  wipe();
}

void PasswordHasher::wipe() noexcept {
  OPENSSL_cleanse(data_.get(), sizeof *data_);
}

// nullptr with errno if there is no hash.
const char* PasswordHasher::crypt(std::string_view password, const char* setting) noexcept {
  std::array<char, kLoginPasswordBytesMax + 1> phrase{};
  CHECK(password.size() < phrase.size());
  password.copy(phrase.data(), password.size());
  errno = 0;
  const char* const hash = ::crypt_r(phrase.data(), setting, data_.get());
  OPENSSL_cleanse(phrase.data(), phrase.size());
  // A text that begins with '*' stands for a failure (crypt(3), "Return values").
  if (hash == nullptr || *hash == '*') return nullptr;
  return hash;
}

std::optional<bool> PasswordHasher::verify(std::string_view password,
                                           std::string_view hash) noexcept {
  std::array<char, UserTable::kHashBytesMax + 1> setting{};
  if (hash.size() >= setting.size()) return {};
  hash.copy(setting.data(), hash.size());
  const char* const computed = crypt(password, setting.data());
  if (computed == nullptr) return {};
  const bool same = std::strlen(computed) == hash.size() &&
                    CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  wipe();
  return same;
}

std::string PasswordHasher::hash(std::string_view password) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* const prefix = "$y$";
  if (::crypt_gensalt_rn(prefix, 0, nullptr, 0, setting.data(), int{setting.size()}) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "libcrypt makes no salt");
  }
  const char* const made = crypt(password, setting.data());
  if (made == nullptr) {
    throw std::system_error(errno, std::generic_category(), "libcrypt makes no hash");
  }
  std::string text = made;
  wipe();
  return text;
}

}  // namespace fanlight
