// SPDX-License-Identifier: Apache-2.0
// The cost of a frame in the ring, without the encoder and the sockets.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <vector>

#include "core/check.h"
#include "core/frame_ring.h"
#include "core/part.h"
#include "core/waker.h"

namespace fanlight {
namespace {

constexpr size_t kJpegSize = 44 << 10;

void publish(FrameRing& ring, uint64_t sequence) {
  const FrameRing::Acquired place = ring.acquire();
  CHECK(place);
  FrameInfo info;
  info.sequence = sequence;
  ring.publish(place.place, kJpegSize, info);
}

// One frame from acquire() to the release of its last pin, read by `shards` shards.
void BM_PublishAndPin(benchmark::State& state) {
  FrameRing ring({});
  std::vector<FrameRef> pins(static_cast<size_t>(state.range(0)));
  uint64_t sequence = 0;
  for (auto _ : state) {
    publish(ring, ++sequence);
    for (FrameRef& pin : pins) pin = ring.newer_than(sequence - 1);
    for (FrameRef& pin : pins) pin.reset();
  }
}
BENCHMARK(BM_PublishAndPin)->Arg(0)->Arg(1)->Arg(4)->Arg(16);

// publish()'s cost in the camera thread: it writes the head, and an eventfd for each shard.
void BM_PublishAndWake(benchmark::State& state) {
  FrameRing ring({});
  std::vector<std::unique_ptr<Waker>> wakers(static_cast<size_t>(state.range(0)));
  for (auto& waker : wakers) {
    waker = std::make_unique<Waker>();
    ring.add_reader(waker.get());
  }
  uint64_t sequence = 0;
  for (auto _ : state) publish(ring, ++sequence);
}
BENCHMARK(BM_PublishAndWake)->Arg(0)->Arg(1)->Arg(4);

// The head alone.
void BM_WritePartHead(benchmark::State& state) {
  std::array<char, kPartHeadroom> headroom;
  const WallTime captured{1'700'000'000'123'456us};
  uint64_t sequence = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(write_part_head(headroom, kJpegSize, captured, ++sequence, ""));
    benchmark::DoNotOptimize(headroom);
  }
}
BENCHMARK(BM_WritePartHead);

// One frame while slow viewers hold many older frames: acquire() has to search further.
void BM_PublishBesideHeldFrames(benchmark::State& state) {
  FrameRing ring({});
  std::vector<FrameRef> held;
  uint64_t sequence = 0;
  for (int64_t i = 0; i < state.range(0); ++i) {
    publish(ring, ++sequence);
    held.push_back(ring.newer_than(0));
  }
  for (auto _ : state) publish(ring, ++sequence);
}
BENCHMARK(BM_PublishBesideHeldFrames)->Arg(0)->Arg(8)->Arg(32)->Arg(56);

// Shards that find nothing new.
void BM_NothingNewer(benchmark::State& state) {
  static FrameRing ring({});
  static const bool published = (publish(ring, 1), true);
  benchmark::DoNotOptimize(published);
  for (auto _ : state) benchmark::DoNotOptimize(ring.newer_than(UINT64_MAX));
}
BENCHMARK(BM_NothingNewer)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace fanlight
