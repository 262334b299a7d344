// SPDX-License-Identifier: Apache-2.0
#include "http/auth/credential_cache.h"

#include <algorithm>

namespace fanlight {

std::optional<Rights> CredentialCache::find(const Digest& digest) noexcept {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : set_of(digest)) {
    if (entry.used_at == 0 || !is_same(entry.digest, digest)) continue;
    entry.used_at = ++uses_;
    return entry.rights;
  }
  return {};
}

void CredentialCache::add(const Digest& digest, const Rights& rights) noexcept {
  const std::lock_guard lock(mutex_);
  Set& set = set_of(digest);
  const auto same = std::ranges::find_if(
      set, [&](const Entry& entry) { return entry.used_at != 0 && is_same(entry.digest, digest); });
  const auto place = same != set.end() ? same : std::ranges::min_element(set, {}, &Entry::used_at);
  *place = {++uses_, digest, rights};
}

void CredentialCache::clear() noexcept {
  const std::lock_guard lock(mutex_);
  for (Set& set : sets_) set = {};
}

}  // namespace fanlight
