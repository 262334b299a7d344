// SPDX-License-Identifier: Apache-2.0
// Hashes of the simulation: the same on every machine and in every run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace fanlight {

// Folds `value` into `hash` (the finalizer of SplitMix64).
inline uint64_t mix_hash(uint64_t hash, uint64_t value) {
  uint64_t z = (hash ^ value) + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Of pieces of memory: all of a short one, about 64 samples of a long one. It must detect that
// memory has been reused, which changes nearly all of it.
inline uint64_t hash_pieces(std::span<const std::string_view> pieces) {
  uint64_t hash = 0;
  for (const std::string_view piece : pieces) {
    constexpr size_t kWord = sizeof(uint64_t);
    const size_t stride = std::max(kWord, piece.size() / 64);
    for (size_t at = 0; at < piece.size(); at += stride) {
      uint64_t word = 0;
      std::memcpy(&word, piece.data() + at, std::min(kWord, piece.size() - at));
      hash = mix_hash(hash, word);
    }
    hash = mix_hash(hash, piece.size());
  }
  return hash;
}

}  // namespace fanlight
