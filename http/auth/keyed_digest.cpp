// SPDX-License-Identifier: Apache-2.0
// SHA256_Init(3) and its relatives are deprecated in favour of EVP_MAC(3), which allocates for each
// digest: a request would fail where memory is short, and there is no answer for that.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "http/auth/keyed_digest.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <algorithm>

#include "core/check.h"

namespace fanlight {
namespace {

using Block = std::array<unsigned char, SHA256_CBLOCK>;

void add(SHA256_CTX& state, std::span<const unsigned char> bytes) noexcept {
  CHECK(SHA256_Update(&state, bytes.data(), bytes.size()) == 1);
}

Digest finish(SHA256_CTX& state) noexcept {
  Digest digest;
  CHECK(SHA256_Final(digest.data(), &state) == 1);
  return digest;
}

// The state after `key`, each byte of which is combined with `pad`.
SHA256_CTX begin(Block key, unsigned char pad) noexcept {
  for (unsigned char& byte : key) byte ^= pad;
  SHA256_CTX state;
  CHECK(SHA256_Init(&state) == 1);
  add(state, key);
  OPENSSL_cleanse(key.data(), key.size());
  return state;
}

// RFC 2104 section 2: a key that is longer than a block is replaced by its digest.
Block block_of(std::span<const unsigned char> key) noexcept {
  Block block{};
  if (key.size() <= block.size()) {
    std::ranges::copy(key, block.begin());
    return block;
  }
  SHA256_CTX state;
  CHECK(SHA256_Init(&state) == 1);
  add(state, key);
  std::ranges::copy(finish(state), block.begin());
  return block;
}

}  // namespace

bool is_same(const Digest& a, const Digest& b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

KeyedDigest::KeyedDigest(std::span<const unsigned char> key) noexcept
    : inner_(begin(block_of(key), 0x36)), outer_(begin(block_of(key), 0x5c)) {}

KeyedDigest::KeyedDigest(std::string_view key) noexcept
    : KeyedDigest(std::span(reinterpret_cast<const unsigned char*>(key.data()), key.size())) {}

KeyedDigest::~KeyedDigest() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

KeyedDigest KeyedDigest::with_random_key() {
  std::array<unsigned char, 32> key;
  CHECK(::getrandom(key.data(), key.size(), 0) == ssize_t{key.size()});
  return KeyedDigest(key);
}

Digest KeyedDigest::of(std::span<const std::string_view> parts) const noexcept {
  SHA256_CTX state = inner_;
  for (const std::string_view part : parts) {
    add(state, {reinterpret_cast<const unsigned char*>(part.data()), part.size()});
  }
  const Digest inner = finish(state);
  state = outer_;
  add(state, inner);
  return finish(state);
}

}  // namespace fanlight
