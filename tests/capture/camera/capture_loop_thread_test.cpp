// SPDX-License-Identifier: Apache-2.0
// The capture loop as in the program: in a separate thread, with the real clock.
#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <system_error>
#include <thread>

#include "capture/camera/capture_loop.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {
namespace {

constexpr uint64_t kPictures = 2000;
constexpr SourceFormat kFormat{320, 240, 1ms, 70000};

// Gives kPictures numbered pictures as fast as they are requested; then none.
class BurstSource final : public Source {
 public:
  explicit BurstSource(CameraClock& clock) : clock_(clock) {}
  const SourceFormat& format() const override { return kFormat; }
  std::optional<Picture> next(Instant deadline) override {
    if (number_ == kPictures) {
      clock_.wait_until(deadline);
      return std::nullopt;
    }
    ++number_;
    jpeg_ = make_jpeg(16, 16, 99, number_, 1000 + number_ * 7919 % 20000);
    return Picture{jpeg_, {}, 16, 16, clock_.wall_now(), clock_.now()};
  }

 private:
  CameraClock& clock_;
  uint64_t number_ = 0;
  Bytes jpeg_;
};

// Has no picture, or fails; reports when it is closed.
class StubbornSource final : public Source {
 public:
  StubbornSource(CameraClock& clock, bool fails, std::promise<void>* closed = nullptr)
      : clock_(clock), fails_(fails), closed_(closed) {}
  ~StubbornSource() override {
    if (closed_ != nullptr) closed_->set_value();
  }
  const SourceFormat& format() const override { return kFormat; }
  std::optional<Picture> next(Instant deadline) override {
    if (fails_) throw std::system_error(EIO, std::system_category(), "read");
    clock_.wait_until(deadline);
    return std::nullopt;
  }

 private:
  CameraClock& clock_;
  const bool fails_;
  std::promise<void>* closed_;
};

struct ThreadedCamera {
  SystemCameraClock clock;
  FrameRing ring{
      {.window = 4, .jpeg_capacity = jpeg_capacity_for(kFormat), .memory_limit = 64 << 20}};
  CaptureConfig config{.name = "test",
                       .options = {},
                       .open = [](const SourceOptions&) -> std::unique_ptr<Source> {
                         throw std::system_error(ENODEV, std::system_category(), "open");
                       },
                       .retry_min = 60s,
                       .retry_max = 60s};
};

// Takes frames until the last picture has arrived, and checks each, also against an older one that
// is held for a while as by a slow viewer.
void read_all(FrameRing& ring, uint64_t hold) {
  uint64_t last = 0;
  FrameRef held;
  while (last < kPictures) {
    FrameRef frame = ring.newer_than(last);
    if (!frame) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_FALSE(frame->info().is_slate());
    ASSERT_EQ(read_number(frame->jpeg()), frame->sequence()) << "torn";
    ASSERT_GT(frame->sequence(), last);
    last = frame->sequence();
    if (held) {
      ASSERT_EQ(read_number(held->jpeg()), held->sequence()) << "overwritten while held";
    }
    if (last % hold == 0) held = std::move(frame);
  }
}

TEST(CaptureLoopThread, PublishesNoTornFrames) {
  ThreadedCamera test;
  test.config.stall_timeout = 3600s;
  CaptureLoop loop(test.config, std::make_unique<BurstSource>(test.clock), test.ring, test.clock);
  std::thread slow(read_all, std::ref(test.ring), 64);
  std::thread fast(read_all, std::ref(test.ring), 1);
  loop.start();
  loop.begin();
  slow.join();
  fast.join();
  loop.stop();
  EXPECT_EQ(test.ring.stats().captured.value(), kPictures);
  EXPECT_EQ(test.ring.stats().dropped_bad.value(), 0u);
}

TEST(CaptureLoopThread, StopsWhileWaitingForAPicture) {
  ThreadedCamera test;
  test.config.stall_timeout = 3600s;
  CaptureLoop loop(test.config, std::make_unique<StubbornSource>(test.clock, false), test.ring,
                   test.clock);
  loop.start();
  loop.begin();
  loop.stop();
  loop.stop();
  EXPECT_EQ(test.ring.stats().encoded.value(), 0u);
}

TEST(CaptureLoopThread, TakesNoPictureBeforeBegin) {
  ThreadedCamera test;
  test.config.stall_timeout = 3600s;
  CaptureLoop loop(test.config, std::make_unique<BurstSource>(test.clock), test.ring, test.clock);
  loop.start();
  test.clock.interrupts().wake();  // a client changes a control
  loop.stop();
  EXPECT_EQ(test.ring.stats().captured.value(), 0u);
}

TEST(CaptureLoopThread, StopsWhileWaitingForARetry) {
  ThreadedCamera test;
  std::promise<void> closed;
  CaptureLoop loop(test.config, std::make_unique<StubbornSource>(test.clock, true, &closed),
                   test.ring, test.clock);
  loop.start();
  loop.begin();
  closed.get_future().wait();
  loop.stop();
  EXPECT_EQ(test.ring.stats().source_failures.value(), 1u);
}

TEST(CaptureLoopThread, StopsWhileIdleAndInTheDestructor) {
  ThreadedCamera test;
  test.config.idle = 0s;
  std::promise<void> closed;
  {
    CaptureLoop loop(test.config, std::make_unique<StubbornSource>(test.clock, false, &closed),
                     test.ring, test.clock);
    loop.start();
    loop.begin();
    closed.get_future().wait();
  }
  EXPECT_EQ(test.ring.stats().source_failures.value(), 0u);
}

// A driver that blocks for a long time.
class BlockedSource final : public Source {
 public:
  BlockedSource(std::promise<void>& entered, std::future<void> leave)
      : entered_(entered), leave_(std::move(leave)) {}
  const SourceFormat& format() const override { return format_; }
  std::optional<Picture> next(Instant) override {
    entered_.set_value();
    leave_.wait();
    return std::nullopt;
  }

 private:
  SourceFormat format_{16, 16, 100ms, 1000};
  std::promise<void>& entered_;
  std::future<void> leave_;
};

TEST(CaptureLoopThread, BoundsTheWaitForABlockedDriver) {
  ThreadedCamera test;
  std::promise<void> entered;
  std::promise<void> leave;
  CaptureLoop loop(test.config, std::make_unique<BlockedSource>(entered, leave.get_future()),
                   test.ring, test.clock);
  EXPECT_TRUE(loop.stop_within(0s)) << "nothing is running yet";
  loop.start();
  loop.begin();
  entered.get_future().wait();
  EXPECT_FALSE(loop.stop_within(1ms));
  leave.set_value();
  EXPECT_TRUE(loop.stop_within(60s));
}

TEST(CaptureLoopThread, WatcherWakesAnIdleCamera) {
  ThreadedCamera test;
  test.config.idle = 0s;
  test.config.stall_timeout = 3600s;
  std::promise<void> closed;
  std::promise<void> opened;
  test.config.open = [&](const SourceOptions&) {
    opened.set_value();
    return std::make_unique<StubbornSource>(test.clock, false);
  };
  CaptureLoop loop(test.config, std::make_unique<StubbornSource>(test.clock, false, &closed),
                   test.ring, test.clock);
  loop.start();
  loop.begin();
  closed.get_future().wait();
  test.ring.watch();
  opened.get_future().wait();
  loop.stop();
  test.ring.unwatch();
}

}  // namespace
}  // namespace fanlight
