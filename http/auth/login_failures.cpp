// SPDX-License-Identifier: Apache-2.0
#include "http/auth/login_failures.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace fanlight {
namespace {

uint64_t random_number() {
  uint64_t number = 0;
  CHECK(::getrandom(&number, sizeof number, 0) == ssize_t{sizeof number});
  return number;
}

// The finalizer of MurmurHash3.
uint64_t mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccd;
  bits = (bits ^ (bits >> 33)) * 0xc4ceb9fe1a85ec53;
  return bits ^ (bits >> 33);
}

}  // namespace

LoginFailures::LoginFailures() : sets_(kSets), secret_(random_number()) {}

LoginFailures::Set& LoginFailures::set_of(const Network& network) noexcept {
  uint64_t halves[2];
  std::memcpy(halves, network.data(), sizeof halves);
  return sets_[mixed(mixed(halves[0] ^ secret_) ^ halves[1]) % kSets];
}

Duration LoginFailures::wait_after(uint32_t attempts) noexcept {
  if (attempts < kFree) return Duration::zero();
  return kFirstWait * (1 << std::min(attempts - kFree, kDoublings));
}

Duration LoginFailures::begin(const PeerAddress& client, Instant now) noexcept {
  const Network network = network_of(client);
  const std::lock_guard lock(mutex_);
  Set& set = set_of(network);
  auto entry = std::ranges::find_if(
      set, [&](const Entry& each) { return each.attempts > 0 && each.network == network; });
  if (entry == set.end()) {
    entry = std::ranges::min_element(
        set, {}, [](const Entry& each) { return each.attempts == 0 ? Instant::min() : each.last; });
    *entry = {network, 0, now};
  }
  // The clocks of two shards may differ a little.
  const Duration since = std::max(now - entry->last, Duration::zero());
  if (since >= kForgotten) entry->attempts = 0;
  const Duration wait = wait_after(entry->attempts);
  if (since < wait) return wait - since;
  ++entry->attempts;
  entry->last = now;
  return Duration::zero();
}

void LoginFailures::succeeded(const PeerAddress& client) noexcept {
  const Network network = network_of(client);
  const std::lock_guard lock(mutex_);
  for (Entry& entry : set_of(network)) {
    if (entry.attempts > 0 && entry.network == network) --entry.attempts;
  }
}

}  // namespace fanlight
