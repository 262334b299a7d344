// SPDX-License-Identifier: Apache-2.0
#include "io/tls/traffic_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace fanlight {
namespace {

// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1), for at most one block of the
// hash.
bool expand(const EVP_MD* hash, std::span<const unsigned char> secret, std::string_view label,
            std::span<unsigned char> out) noexcept {
  constexpr std::string_view kPrefix = "tls13 ";
  std::array<unsigned char, 32> info{};
  size_t size = 0;
  info[size++] = 0;
  info[size++] = static_cast<unsigned char>(out.size());
  info[size++] = static_cast<unsigned char>(kPrefix.size() + label.size());
  for (const std::string_view part : {kPrefix, label}) {
    std::memcpy(info.data() + size, part.data(), part.size());
    size += part.size();
  }
  info[size++] = 0;  // the context
  info[size++] = 1;  // the number of the block (RFC 5869 section 2.3)
  std::array<unsigned char, EVP_MAX_MD_SIZE> block;
  const bool made = HMAC(hash, secret.data(), static_cast<int>(secret.size()), info.data(), size,
                         block.data(), nullptr) != nullptr;
  if (made) std::copy_n(block.begin(), out.size(), out.begin());
  OPENSSL_cleanse(block.data(), block.size());
  return made;
}

// nullptr when `secret` is not one of `suite`.
const EVP_MD* hash_of(uint16_t suite, const TrafficSecret& secret) noexcept {
  const bool is_known =
      suite == kAes128GcmSha256 || suite == kAes256GcmSha384 || suite == kChaCha20Poly1305Sha256;
  if (!is_known) return nullptr;
  const EVP_MD* const hash = suite == kAes256GcmSha384 ? EVP_sha384() : EVP_sha256();
  return secret.size == EVP_MD_get_size(hash) ? hash : nullptr;
}

std::span<const unsigned char> bytes_of(const TrafficSecret& secret) noexcept {
  return std::span(secret.bytes).first(secret.size);
}

}  // namespace

void TrafficSecret::wipe() noexcept {
  OPENSSL_cleanse(bytes.data(), bytes.size());
  size = 0;
}

TrafficKeys::~TrafficKeys() {
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(iv.data(), iv.size());
}

bool derive_traffic_keys(uint16_t suite, const TrafficSecret& secret, TrafficKeys& keys) noexcept {
  const EVP_MD* const hash = hash_of(suite, secret);
  if (hash == nullptr) return false;
  const size_t key_size = suite == kAes128GcmSha256 ? 16 : 32;
  return expand(hash, bytes_of(secret), "key", std::span(keys.key).first(key_size)) &&
         expand(hash, bytes_of(secret), "iv", keys.iv);
}

bool update_secret(uint16_t suite, TrafficSecret& secret) noexcept {
  const EVP_MD* const hash = hash_of(suite, secret);
  if (hash == nullptr) return false;
  TrafficSecret next;
  if (!expand(hash, bytes_of(secret), "traffic upd", std::span(next.bytes).first(secret.size))) {
    return false;
  }
  secret.bytes = next.bytes;
  return true;
}

}  // namespace fanlight
