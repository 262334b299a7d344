// SPDX-License-Identifier: Apache-2.0
// By hand: whoever changes the model computes these figures again, with the formulas of
// bench/SCALING.md.
#include "tools/commands/scaling_model.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace fanlight {
namespace {

// 100 KB, 10 fps, 12 % of the bytes changed. On 100 Mbit/s 11,875,000 bytes a second may be used.
constexpr Scene kScene{.pixels = 921'600, .picture_bytes = 100'000, .fps = 10, .changed = 0.1};
constexpr double kWire = 100e6;
constexpr double kWhole = 100'130 + 70 * 90;  // a part on the wire: 70 segments of TCP

// Everything changes, so that nobody needs updates.
constexpr Scene kMoving{.pixels = 921'600, .picture_bytes = 100'000, .fps = 10, .changed = 1};

TEST(ScalingModel, BytesOfFrames) {
  EXPECT_DOUBLE_EQ(whole_frame_bytes(kScene), 100'130);
  Scene divided = kScene;
  divided.divided = true;
  EXPECT_DOUBLE_EQ(whole_frame_bytes(divided), 102'830);
  EXPECT_DOUBLE_EQ(whole_rate(kScene, 5), 5 * kWhole);
}

TEST(ScalingModel, BytesOfUpdates) {
  // A 40th is renewed; 12 % of the rest changed.
  EXPECT_NEAR(update_bytes(kScene, 1), 850 + 102'700 * (1 - 0.975 * 0.88), 1e-6);
  // Four frames later a tenth is renewed, and 4^0.26 = 1.43396 times as much changed.
  EXPECT_NEAR(update_bytes(kScene, 4), 850 + 102'700 * (1 - 0.9 * (1 - 0.172075)), 0.1);
  EXPECT_DOUBLE_EQ(update_bytes(kMoving, 1), 102'830);
  EXPECT_DOUBLE_EQ(update_bytes(kScene, 1e6), 102'830) << "everything is renewed";
  Scene still = kScene;
  still.changed = 0;
  EXPECT_DOUBLE_EQ(update_bytes(still, 1), 850 + 2567.5);
  // 15,433 bytes need 11 segments.
  EXPECT_DOUBLE_EQ(update_rate(kScene, 10), 10 * (15'433 + 11 * 90));
}

TEST(ScalingModel, AWireThatIsNotFull) {
  const Service service = serve(kScene, {.bits_per_second = kWire}, 5, 10, 0.002);
  EXPECT_EQ(service.whole_viewers, 5u);
  EXPECT_EQ(service.update_viewers, 0u);
  EXPECT_EQ(service.refused, 0u);
  EXPECT_DOUBLE_EQ(service.whole.fps, 10);
  EXPECT_DOUBLE_EQ(service.whole.bytes_per_second, 10 * kWhole);
  EXPECT_NEAR(service.use, 50 * kWhole / 11'875'000, 1e-9);
  // All five have a frame after 44.8 ms, the median one after half of that.
  EXPECT_NEAR(service.age_median, 0.002 + 0.0224063, 1e-6);
  EXPECT_NEAR(service.age_p95, 0.002 + 0.0425720, 1e-6);
  EXPECT_NEAR(service.whole.screen_seconds, 0.0244063 + 0.05, 1e-6);
  EXPECT_NEAR(service.cores, 50 * (7.5e-6 + 100'130 * 0.167e-9), 1e-9);
}

TEST(ScalingModel, AFullWireIsShared) {
  const Service service = serve(kScene, {.bits_per_second = kWire}, 20, 10, 0);
  EXPECT_NEAR(service.whole.fps, 11'875'000.0 / 20 / kWhole, 1e-6);
  EXPECT_NEAR(service.use, 1, 1e-9);
  EXPECT_DOUBLE_EQ(service.age_median, 0.05);
  EXPECT_DOUBLE_EQ(service.age_p95, 0.095);
}

TEST(ScalingModel, UpdatesNeedLessThanTheirShare) {
  Scene scene = kScene;
  scene.browsers = 0.5;
  scene.divided = true;
  const Service service = serve(scene, {.bits_per_second = kWire}, 20, 10, 0);
  EXPECT_EQ(service.whole_viewers, 10u);
  EXPECT_EQ(service.update_viewers, 10u);
  EXPECT_DOUBLE_EQ(service.update.fps, 10);
  // What they leave: 11,875,000 - 10 * 164,230.
  EXPECT_NEAR(service.whole.fps, 1'023'270.0 / (102'830 + 72 * 90), 1e-6);
  EXPECT_NEAR(service.use, 1, 1e-9);
}

TEST(ScalingModel, NobodyGetsLessThanTheLeast) {
  // 223 frames of 0.5 a second fit.
  const Service service = serve(kScene, {.bits_per_second = kWire}, 300, 10, 0);
  EXPECT_EQ(service.whole_viewers, 223u);
  EXPECT_EQ(service.refused, 77u);
  EXPECT_NEAR(service.whole.fps, 11'875'000.0 / 223 / kWhole, 1e-6);
  const Service all = serve(kScene, {.bits_per_second = kWire, .min_fps = 10}, 300, 10, 0);
  EXPECT_EQ(all.whole_viewers, 11u);
  EXPECT_DOUBLE_EQ(all.whole.fps, 10);
  const Service fast = serve(kScene, {.bits_per_second = 1e12}, 20'000, 10, 0);
  EXPECT_EQ(fast.whole_viewers, 10'000u) << "--max-viewers";
}

TEST(ScalingModel, WithUpdatesTheWholePicturesOfAFullWireKeepTheLeast) {
  Scene scene = kScene;
  scene.browsers = 0.9;
  scene.divided = true;
  // An equal share would be 39,583 bytes a second, and half a whole picture has 54,655.
  const Service service = serve(scene, {.bits_per_second = kWire}, 300, 10, 0);
  EXPECT_EQ(service.refused, 0u);
  EXPECT_DOUBLE_EQ(service.whole.fps, 0.5);
  // Of 10,235,350 bytes for the 270 others, less than one frame of each is left.
  EXPECT_NEAR(service.update.bytes_per_second, 37'908, 100);
  EXPECT_GT(service.update.fps, 0.5);
}

TEST(ScalingModel, NoRelayWhereTheCamerasServerSuffices) {
  const auto tree = plan_tree(kMoving, {.bits_per_second = kWire}, kWire, 11, 10);
  ASSERT_TRUE(tree);
  EXPECT_TRUE(tree->levels.empty());
  EXPECT_EQ(tree->relays(), 0u);
  EXPECT_DOUBLE_EQ(tree->viewers_rate, 110 * kWhole);
  EXPECT_DOUBLE_EQ(tree->relays_rate, 0);
  EXPECT_NEAR(tree->last.age_median, 0.001 + 110 * kWhole / 11'875'000 / 20, 1e-9);
}

TEST(ScalingModel, OneLevelOfRelays) {
  const auto tree = plan_tree(kMoving, {.bits_per_second = kWire}, kWire, 12, 10);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->levels, (std::vector<uint64_t>{2}));
  EXPECT_EQ(tree->camera_fan_out, 11u);
  EXPECT_FALSE(tree->pulls_updates);
  EXPECT_EQ(tree->last.whole_viewers, 6u);
  EXPECT_DOUBLE_EQ(tree->last.whole.fps, 10);
  EXPECT_DOUBLE_EQ(tree->viewers_rate, 120 * kWhole);
  EXPECT_DOUBLE_EQ(tree->relays_rate, 20 * kWhole);
}

TEST(ScalingModel, RelaysThatFeedRelays) {
  // 19 relays of 11 viewers, and a wire feeds 11.
  const auto tree = plan_tree(kMoving, {.bits_per_second = kWire}, kWire, 200, 10);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->levels, (std::vector<uint64_t>{2, 19}));
  EXPECT_EQ(tree->relays(), 21u);
  EXPECT_EQ(tree->fan_out, 11u);
  // 1 ms; two relays share the camera's wire, ten the next: half of 17.9 and of 89.6 ms, and 1 ms
  // each; half of 98.6 ms for 11 viewers.
  EXPECT_NEAR(tree->last.age_median, 0.001 + 0.0099625 + 0.0458126 + 0.0492939, 1e-6);
}

TEST(ScalingModel, AThinUplinkFeedsRelaysWithUpdates) {
  const auto tree = plan_tree(kScene, {.bits_per_second = kWire}, 5e6, 100, 10);
  ASSERT_TRUE(tree);
  EXPECT_TRUE(tree->pulls_updates);
  EXPECT_DOUBLE_EQ(tree->pull_fps, 10);
  EXPECT_EQ(tree->camera_fan_out, 3u);  // 593,750 / 164,230
  // Whole pictures with restart markers: ten viewers fit on each relay.
  EXPECT_EQ(tree->levels, (std::vector<uint64_t>{1, 10}));
  EXPECT_NEAR(tree->last.whole.bytes_per_second, 10 * (102'830 + 72 * 90), 1e-6);
}

TEST(ScalingModel, AnUplinkThatDoesNotCarryAllFrames) {
  const auto tree = plan_tree(kMoving, {.bits_per_second = kWire}, 5e6, 100, 10);
  ASSERT_TRUE(tree);
  EXPECT_NEAR(tree->pull_fps, 593'750 / kWhole, 1e-6);
  EXPECT_DOUBLE_EQ(tree->goal_fps, tree->pull_fps);
  EXPECT_EQ(tree->camera_fan_out, 1u);
  // 20 viewers of 5.58 fps on each relay.
  EXPECT_EQ(tree->levels, (std::vector<uint64_t>{1, 5}));
}

TEST(ScalingModel, TreesThatAreNotPossible) {
  EXPECT_FALSE(plan_tree(kMoving, {.bits_per_second = kWire}, 1e5, 100, 10)) << "the uplink";
  EXPECT_FALSE(plan_tree(kMoving, {.bits_per_second = 1e6}, kWire, 100, 10)) << "not one viewer";
  // Ten relays of one viewer do not fit on the camera's wire, nor two on a relay's.
  EXPECT_FALSE(plan_tree(kMoving, {.bits_per_second = 10e6}, 20e6, 10, 10)) << "no fan-out";
}

}  // namespace
}  // namespace fanlight
