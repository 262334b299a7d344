// SPDX-License-Identifier: Apache-2.0
#include "core/frame_ring.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

constexpr FrameRingConfig kSmall{.window = 2, .jpeg_capacity = 1000, .memory_limit = 1 << 20};

bool take_wake(Waker& waker) {
  pollfd ready{waker.fd(), POLLIN, 0};
  const bool woken = ::poll(&ready, 1, 0) == 1;
  waker.drain();
  return woken;
}

TEST(TestPictureTest, DistinguishesCompleteFromTorn) {
  for (const size_t size : {18u, 19u, 25u, 26u, 27u, 4000u}) {
    std::vector<std::byte> picture(size);
    write_test_picture(picture, 77);
    const std::string_view text(reinterpret_cast<char*>(picture.data()), size);
    EXPECT_EQ(read_test_picture(text), std::optional<uint64_t>(77));
    EXPECT_TRUE(text.starts_with("\xff\xd8"));
    EXPECT_TRUE(text.ends_with("\xff\xd9"));
    for (size_t i = 0; i < size; ++i) {
      // A changed sequence number (bytes 8 to 15) gives another picture, unless it has no pattern.
      if (size == kTestPictureSizeMin && i >= 8 && i < 16) continue;
      picture[i] ^= std::byte{1};
      EXPECT_EQ(read_test_picture(text), std::nullopt) << "byte " << i << " of " << size;
      picture[i] ^= std::byte{1};
    }
    EXPECT_EQ(read_test_picture(text.substr(0, size - 1)), std::nullopt);
  }
}

TEST(FrameRingTest, EmptyRingHasNoFrame) {
  FrameRing ring(kSmall);
  EXPECT_FALSE(ring.newer_than(0));
  EXPECT_EQ(ring.places(), 16u);
  EXPECT_EQ(ring.window(), 2u);
  EXPECT_EQ(ring.jpeg_capacity(), 1000u);
  EXPECT_EQ(ring.memory_limit(), size_t{1} << 20);
  EXPECT_EQ(ring.touched_bytes(), 0u);
  EXPECT_EQ(ring.pinned_places(), 0u);
  EXPECT_EQ(ring.newcomer_step(), 1u);
  EXPECT_EQ(ring.reclaim_through(), 0u);
}

// In a takeover: numbers and counts are those of both processes together.
TEST(FrameRingTest, GoesOnWhereAnotherOneHasEnded) {
  FrameRing before(kSmall);
  EXPECT_EQ(before.continuation().sequence, 0u);
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) publish_picture(before, sequence);
  const FrameRing::Acquired slate = before.acquire();
  FrameInfo info = frame_info(9);
  info.slate_reason = SlateReason("gone");
  write_test_picture(slate.place.jpeg.first(100), 9);
  before.publish(slate.place, 100, info);
  const FrameRing::Continuation continuation = before.continuation();
  EXPECT_EQ(continuation.sequence, 9u);
  EXPECT_EQ(continuation.pictures, 3u);

  FrameRing after(kSmall);
  after.continue_from(continuation.sequence, continuation.pictures);
  EXPECT_EQ(after.continuation().sequence, 9u) << "also without a frame of its own";
  EXPECT_EQ(after.continuation().pictures, 3u);
  EXPECT_DEATH(publish_picture(after, 9), "newest_sequence_");
  EXPECT_TRUE(publish_picture(after, 10));
  EXPECT_EQ(after.newer_than(9)->pictures(), 4u);
  EXPECT_EQ(after.continuation().sequence, 10u);
  EXPECT_EQ(after.continuation().pictures, 4u);
}

TEST(FrameRingTest, PublishedFrameHasThreeFormsAsSlices) {
  FrameRing ring(kSmall);
  const FrameRing::Acquired acquired = ring.acquire();
  ASSERT_TRUE(acquired);
  ASSERT_EQ(acquired.place.jpeg.size(), 1000u);
  write_test_picture(acquired.place.jpeg.first(500), 3);
  const std::string jpeg(reinterpret_cast<char*>(acquired.place.jpeg.data()), 500);
  ring.publish(acquired.place, 500, frame_info(3));

  const FrameRef ref = ring.newer_than(0);
  ASSERT_TRUE(ref);
  const std::string head =
      "Content-Type: image/jpeg\r\nContent-Length: 500\r\n"
      "X-Timestamp: 3.000007\r\nX-Sequence: 3\r\n\r\n";
  EXPECT_EQ(ref->jpeg(), jpeg);
  EXPECT_EQ(ref->plain_part(), head + jpeg + "\r\n--boundarydonotcross\r\n");
  EXPECT_EQ(ref->bare_part(), head + jpeg);
  EXPECT_EQ(ref->advance_part(),
            jpeg + "\r\n--boundarydonotcross\r\nContent-Type: image/jpeg\r\n\r\n");
  EXPECT_EQ(ref->plain_part().data(), ref->bare_part().data());
  EXPECT_EQ(ref->advance_part().data(), ref->jpeg().data());
  EXPECT_EQ(ref->place(), acquired.place.index);
}

TEST(FrameRingTest, FrameCarriesItsInfo) {
  FrameRing ring(kSmall);
  const FrameRing::Acquired acquired = ring.acquire();
  FrameInfo info = frame_info(9);
  info.slate_reason = SlateReason("camera lost");
  ring.publish(acquired.place, 20, info);
  const FrameRef ref = ring.newer_than(8);
  EXPECT_EQ(ref->info().sequence, 9u);
  EXPECT_EQ(ref->info().captured_wall, info.captured_wall);
  EXPECT_EQ(ref->info().captured_at, info.captured_at);
  EXPECT_EQ(ref->info().encoded_at, info.encoded_at);
  EXPECT_TRUE(ref->info().is_slate());
  EXPECT_NE(ref->plain_part().find("X-Slate: camera lost\r\n"), std::string_view::npos);
  EXPECT_EQ(ring.stats().encoded.value(), 1u);
  EXPECT_EQ(ring.stats().slates.value(), 1u);
  EXPECT_EQ(ring.stats().width.value(), 640u);
  EXPECT_EQ(ring.stats().height.value(), 480u);
}

// Slates, and numbers used up without a frame, are not counted.
TEST(FrameRingTest, FrameCountsThePicturesSoFar) {
  FrameRing ring(kSmall);
  const auto publish = [&](uint64_t sequence, std::string_view slate) {
    const FrameRing::Acquired acquired = ring.acquire();
    FrameInfo info = frame_info(sequence);
    info.slate_reason = SlateReason(slate);
    ring.publish(acquired.place, 20, info);
    return ring.newer_than(0)->pictures();
  };
  EXPECT_EQ(publish(1, ""), 1u);
  EXPECT_EQ(publish(7, ""), 2u);
  const Instant pictured_at = frame_info(7).captured_at;
  EXPECT_EQ(publish(8, "camera lost"), 2u);
  EXPECT_EQ(Instant(Duration(ring.stats().pictured_at_ns.value())), pictured_at);
  EXPECT_EQ(publish(30, ""), 3u);
}

TEST(FrameRingTest, LargestPictureFillsItsPlace) {
  FrameRing ring(kSmall);
  ASSERT_TRUE(publish_picture(ring, 1, kSmall.jpeg_capacity));
  const FrameRef ref = ring.newer_than(0);
  expect_whole(ref);
  EXPECT_TRUE(ref->advance_part().ends_with(kNextPartHead));
}

TEST(FrameRingTest, ReadersGetTheNewestFrameOnceAndSkipOthers) {
  FrameRing ring(kSmall);
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) publish_picture(ring, sequence);
  FrameRef ref = ring.newer_than(0);
  EXPECT_EQ(ref->sequence(), 3u);
  EXPECT_EQ(ring.newer_than(2)->sequence(), 3u);
  EXPECT_FALSE(ring.newer_than(3));
  EXPECT_FALSE(ring.newer_than(100));
  publish_picture(ring, 8);
  EXPECT_EQ(ring.newer_than(3)->sequence(), 8u);
}

TEST(FrameRingTest, PinnedFrameIsUnchangedUntilTheLastPinIsReleased) {
  FrameRing ring(kSmall);
  publish_picture(ring, 1);
  FrameRef first = ring.newer_than(0);
  FrameRef second = ring.newer_than(0);
  const uint32_t place = first->place();
  const auto publish_and_watch = [&](uint64_t begin, uint64_t end) {
    bool reused = false;
    for (uint64_t sequence = begin; sequence < end; ++sequence) {
      publish_picture(ring, sequence);
      reused |= ring.newer_than(0)->place() == place;
    }
    return reused;
  };
  EXPECT_FALSE(publish_and_watch(2, 50));
  first.reset();
  EXPECT_FALSE(publish_and_watch(50, 100));
  EXPECT_EQ(second->sequence(), 1u);
  expect_whole(second);
  second.reset();
  EXPECT_TRUE(publish_and_watch(100, 150));
}

TEST(FrameRingTest, TouchesTwoPlacesWithoutSlowReaders) {
  FrameRing ring(kSmall);
  for (uint64_t sequence = 1; sequence <= 100; ++sequence) {
    ASSERT_TRUE(publish_picture(ring, sequence));
    expect_whole(ring.newer_than(sequence - 1));
  }
  EXPECT_EQ(ring.touched_bytes(), 2 * page_size());
  EXPECT_EQ(ring.pinned_places(), 1u);
}

TEST(FrameRingTest, MovedReferenceKeepsItsPin) {
  FrameRing ring(kSmall);
  publish_picture(ring, 1);
  FrameRef first = ring.newer_than(0);
  FrameRef moved(std::move(first));
  EXPECT_FALSE(first);
  EXPECT_EQ(moved->sequence(), 1u);
  publish_picture(ring, 2);
  FrameRef newer = ring.newer_than(1);
  newer = std::move(moved);
  EXPECT_EQ(newer->sequence(), 1u);
  EXPECT_EQ(newer.get(), &*newer);
  FrameRef& same = newer;
  newer = std::move(same);
  EXPECT_EQ(newer->sequence(), 1u);
  publish_picture(ring, 3);
  // Frames 1 (pinned) and 3 (newest): assigning to the reference released the pin on 2.
  EXPECT_EQ(ring.pinned_places(), 2u);
  newer.reset();
  newer.reset();
  publish_picture(ring, 4);
  EXPECT_EQ(ring.pinned_places(), 1u);
}

TEST(FrameRingTest, SeveralAcquiredPlacesArePublishedInCaptureOrder) {
  FrameRing ring(kSmall);
  const FrameRing::Acquired first = ring.acquire();
  const FrameRing::Acquired second = ring.acquire();
  ASSERT_NE(first.place.index, second.place.index);
  write_test_picture(second.place.jpeg.first(200), 2);
  write_test_picture(first.place.jpeg.first(100), 1);
  ring.publish(first.place, 100, frame_info(1));
  expect_whole(ring.newer_than(0));
  ring.publish(second.place, 200, frame_info(2));
  expect_whole(ring.newer_than(1));
}

TEST(FrameRingTest, AbandonedPlaceIsFreeAndNothingIsPublished) {
  FrameRing ring(kSmall);
  Waker reader;
  ring.add_reader(&reader);
  publish_picture(ring, 1);
  take_wake(reader);
  for (int i = 0; i < 100; ++i) {
    const FrameRing::Acquired acquired = ring.acquire();
    ASSERT_TRUE(acquired);
    ring.abandon(acquired.place);
  }
  EXPECT_FALSE(take_wake(reader));
  EXPECT_FALSE(ring.newer_than(1));
  EXPECT_EQ(ring.newer_than(0)->sequence(), 1u);
}

TEST(FrameRingTest, PublishWakesEveryReader) {
  FrameRing ring(kSmall);
  Waker first, second;
  ring.add_reader(&first);
  ring.add_reader(&second);
  EXPECT_FALSE(take_wake(first));
  publish_picture(ring, 1);
  EXPECT_TRUE(take_wake(first));
  EXPECT_TRUE(take_wake(second));
  EXPECT_FALSE(take_wake(first));
}

TEST(FrameRingTest, OnlyTheFirstWatcherWakesTheCamera) {
  FrameRing ring(kSmall);
  EXPECT_EQ(ring.watchers(), 0u);
  ring.watch();
  EXPECT_TRUE(take_wake(ring.demand()));
  ring.watch();
  EXPECT_FALSE(take_wake(ring.demand()));
  EXPECT_EQ(ring.watchers(), 2u);
  ring.unwatch();
  ring.unwatch();
  EXPECT_EQ(ring.watchers(), 0u);
  EXPECT_FALSE(take_wake(ring.demand()));
  ring.watch();
  EXPECT_TRUE(take_wake(ring.demand()));
  ring.unwatch();
}

TEST(FrameRingTest, ThrowsWhenAddressSpaceIsRefused) {
  EXPECT_THROW(FrameRing({.window = 32, .jpeg_capacity = size_t{1} << 42}), std::system_error);
}

TEST(FrameRingDeathTest, MisuseAborts) {
  FrameRing ring(kSmall);
  publish_picture(ring, 5);
  const FrameRing::Acquired acquired = ring.acquire();
  const FramePlace& place = acquired.place;
  EXPECT_DEATH(ring.publish(place, 10, frame_info(5)), "newest_sequence_");
  EXPECT_DEATH(ring.publish(place, 10, frame_info(4)), "newest_sequence_");
  EXPECT_DEATH(ring.publish(place, 0, frame_info(6)), "jpeg_size");
  EXPECT_DEATH(ring.publish(place, 1001, frame_info(6)), "jpeg_size");
  ring.abandon(place);
  EXPECT_DEATH(ring.publish(place, 10, frame_info(6)), "kWriting");
  EXPECT_DEATH(ring.abandon(place), "kWriting");
  EXPECT_DEATH(ring.unwatch(), "watchers_");
  EXPECT_DEATH(FrameRing({.window = 3}), "window_");
  EXPECT_DEATH(FrameRing({.window = 1}), "window_");
  EXPECT_DEATH(FrameRing({.window = 64}), "window_");
}

TEST(FrameRingDeathTest, PinThatOutlivesTheRingAborts) {
  EXPECT_DEATH(
      {
        FrameRef ref;
        FrameRing ring(kSmall);
        publish_picture(ring, 1);
        ref = ring.newer_than(0);
      },
      "pins");
}

}  // namespace
}  // namespace fanlight
