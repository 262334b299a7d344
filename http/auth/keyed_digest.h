// SPDX-License-Identifier: Apache-2.0
// KeyedDigest: HMAC-SHA-256 (RFC 2104) with one key, on OpenSSL's SHA-256.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace fanlight {

using Digest = std::array<unsigned char, 32>;

// In the time that all such comparisons take (CRYPTO_memcmp(3)).
bool is_same(const Digest& a, const Digest& b) noexcept;

// Owns: the key, as the two states of SHA-256 that it leads to. Thread: any.
class KeyedDigest {
 public:
  explicit KeyedDigest(std::span<const unsigned char> key) noexcept;
  explicit KeyedDigest(std::string_view key) noexcept;
  KeyedDigest(const KeyedDigest&) = delete;
  KeyedDigest& operator=(const KeyedDigest&) = delete;
  ~KeyedDigest();
  // With a key from getrandom(2), which no one ever learns.
  static KeyedDigest with_random_key();

  // Of the parts behind each other. The caller marks where each ends.
  Digest of(std::span<const std::string_view> parts) const noexcept;

 private:
  SHA256_CTX inner_;
  SHA256_CTX outer_;
};

}  // namespace fanlight
