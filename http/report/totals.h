// SPDX-License-Identifier: Apache-2.0
// Totals: figures that every shard counts for itself, put together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/state/server_state.h"

namespace fanlight {

using ShardCounter = Counter ShardStats::*;
using ChannelCounter = Counter ChannelStats::*;

// Of all shards.
inline uint64_t total(const ServerState& state, ShardCounter counter) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += (link->stats.*counter).value();
  return sum;
}

// Of one camera, on all shards.
inline uint64_t total(const ServerState& state, ChannelCounter counter, size_t camera) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += (link->channels[camera].*counter).value();
  return sum;
}

// Of all cameras, on one shard.
inline uint64_t total(const ShardLink& link, ChannelCounter counter) noexcept {
  uint64_t sum = 0;
  for (const ChannelStats& channel : link.channels) sum += (channel.*counter).value();
  return sum;
}

// Of all cameras, on all shards.
inline uint64_t total(const ServerState& state, ChannelCounter counter) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += total(*link, counter);
  return sum;
}

}  // namespace fanlight
