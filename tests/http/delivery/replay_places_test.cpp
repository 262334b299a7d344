// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/replay_places.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/http/history_world.h"

namespace fanlight {
namespace {

TEST(ReplayPlaces, GivesOutAsManyAsThereAreEachWithItsOwnMemory) {
  ShardWorld shard(history_world());
  shard.run_for(10'050ms);
  FrameHistory& history = *shard.world.history();
  ReplayPlaces& places = shard.shard.services().replays;
  const Instant now = shard.world.now();
  std::vector<Replay*> replays;
  while (Replay* replay = places.make(history, AddressTable::kNone)) {
    const HistoryPoint first = *history.find_after(replays.size());
    ASSERT_TRUE(replay->begin({.first = first, .last = first}, now));
    replays.push_back(replay);
  }
  ASSERT_EQ(replays.size(), ReplayPlaces::kMax);
  EXPECT_EQ(places.used(), ReplayPlaces::kMax);
  for (size_t i = 0; i < replays.size(); ++i) {
    EXPECT_EQ(replays[i]->frame().sequence(), i + 1);
    expect_picture(std::string(replays[i]->frame().jpeg()), i + 1);
  }
  places.destroy(*replays.back());
  replays.back() = places.make(history, AddressTable::kNone);
  EXPECT_NE(replays.back(), nullptr) << "a place that was returned is given out again";
  for (Replay* replay : replays) places.destroy(*replay);
  EXPECT_EQ(places.used(), 0u);
}

TEST(ReplayPlaces, ReturnTheShareOfTheAddress) {
  ShardWorld shard(history_world());
  ReplayPlaces& places = shard.shard.services().replays;
  Admission& admission = shard.state.admission;
  AddressTable::Entry share;
  ASSERT_TRUE(admission.take_share(parse_address("192.0.2.1").value(), Held::replay, share));
  EXPECT_EQ(admission.addresses(), 1u);
  places.destroy(*places.make(*shard.world.history(), share));
  EXPECT_EQ(admission.addresses(), 0u);
}

}  // namespace
}  // namespace fanlight
