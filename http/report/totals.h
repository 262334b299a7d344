// SPDX-License-Identifier: Apache-2.0
// Totals: sums of the figures that each shard counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/state/server_state.h"

namespace fanlight {

using ShardCounter = Counter ShardStats::*;
using ChannelCounter = Counter ChannelStats::*;

// Over all shards.
inline uint64_t total(const ServerState& state, ShardCounter counter) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += (link->stats.*counter).value();
  return sum;
}

// For one camera, over all shards.
inline uint64_t total(const ServerState& state, ChannelCounter counter, size_t camera) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += (link->channels[camera].*counter).value();
  return sum;
}

// For one rung of one camera, over all shards.
inline uint64_t rung_viewers(const ServerState& state, size_t camera, size_t rung) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += link->channels[camera].rung_viewers[rung].value();
  return sum;
}

// For one shard, over all cameras.
inline uint64_t total(const ShardLink& link, ChannelCounter counter) noexcept {
  uint64_t sum = 0;
  for (const ChannelStats& channel : link.channels) sum += (channel.*counter).value();
  return sum;
}

// Over all cameras and all shards.
inline uint64_t total(const ServerState& state, ChannelCounter counter) noexcept {
  uint64_t sum = 0;
  for (const auto& link : state.links) sum += total(*link, counter);
  return sum;
}

}  // namespace fanlight
