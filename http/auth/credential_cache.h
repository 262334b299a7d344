// SPDX-License-Identifier: Apache-2.0
// CredentialCache: which credentials have been found to be right, and what they allow.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "http/auth/keyed_digest.h"
#include "http/auth/rights.h"

namespace fanlight {

// Owns: its entries, allocated at construction. Thread: any; its lock is held to compare a few
//   digests.
// Invariants: it holds no password and nothing of one: digests with a key of this process. An entry
//   is in the set that its digest selects, which no client can choose, and the entry of a set that
//   was used least recently makes room. Only right credentials are added, so no one else can push
//   them out.
class CredentialCache {
 public:
  static constexpr size_t kSets = 256;
  static constexpr size_t kWays = 4;

  CredentialCache() : sets_(kSets) {}

  std::optional<Rights> find(const Digest& digest) noexcept;
  void add(const Digest& digest, const Rights& rights) noexcept;
  void clear() noexcept;

 private:
  struct Entry {
    uint64_t used_at = 0;  // of `uses_`; 0: empty
    Digest digest{};
    Rights rights;
  };
  using Set = std::array<Entry, kWays>;
  Set& set_of(const Digest& digest) noexcept { return sets_[digest[0] % kSets]; }

  std::mutex mutex_;  // guards everything below
  std::vector<Set> sets_;
  uint64_t uses_ = 0;
};

}  // namespace fanlight
