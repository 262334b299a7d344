// SPDX-License-Identifier: Apache-2.0
// Plays a clip, raw pictures of 4:2:0 on standard input, through a camera's rendition into a
// history, without sockets and as fast as it goes. Reports on standard output, as JSON, the memory
// of the history and that of the same frames, kept whole. bench/history runs it.
//
//   history_replay WIDTH HEIGHT FPS SIGMA SECONDS < CLIP
//
// SIGMA: standard deviation of the noise that is added to the luma, the same in every run; SECONDS:
// the length of the history.
#include <fmt/core.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "bench/clip.h"
#include "capture/camera/rendition.h"
#include "capture/jpeg/jpeg_encoder.h"
#include "capture/source/camera_clock.h"
#include "core/frame_ring.h"
#include "core/history/frame_history.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

constexpr int kQuality = 80;

// The time of the clip; nobody waits by it.
class ClipClock final : public CameraClock {
 public:
  using CameraClock::wait;
  Instant now() noexcept override { return now_; }
  WallTime wall_now() noexcept override {
    return WallTime(std::chrono::floor<std::chrono::microseconds>(now_.time_since_epoch()));
  }
  Wake wait(std::span<pollfd>, Instant) noexcept override { return Wake::deadline; }
  void request_stop() noexcept override {}
  bool stop_requested() const noexcept override { return false; }

  void set(Instant now) { now_ = now; }

 private:
  Instant now_{1h};
};

int replay(int width, int height, double fps, double sigma, double seconds) {
  FrameRing ring({.jpeg_capacity = jpeg_capacity_for({width, height, from_seconds(1 / fps), 0}),
                  .memory_limit = 256 << 20});
  FrameHistory history({.length = from_seconds(seconds),
                        .memory_max = 256 << 20,
                        .jpeg_max = ring.jpeg_capacity(),
                        .segments_max = ring.segments_max()});
  ClipClock clock;
  Rendition rendition(ring, clock, kQuality, "front", {.history = &history});
  ring.watch_updates();
  Clip clip(width, height, sigma);
  JpegEncoder encoder;
  std::vector<std::byte> plain(JpegEncoder::worst_case(width, height, PixelFormat::yuv420));
  std::vector<size_t> divided_sizes;
  std::vector<size_t> plain_sizes;
  const Instant begun = clock.now();
  for (uint64_t number = 1; clip.read(); ++number) {
    clock.set(begun + from_seconds(double(number) / fps));
    const RawView raw = clip.view(PixelFormat::yuv420);
    plain_sizes.push_back(encoder.encode(raw, width, height, kQuality, plain));
    const Picture picture{{}, raw, width, height, clock.wall_now(), clock.now()};
    CHECK(rendition.publish(picture) == Rendition::Outcome::published);
    divided_sizes.push_back(ring.newer_than(number - 1)->jpeg().size());
  }
  ring.unwatch_updates();
  // Of the frames that the history has: each with its info, as it is kept beside the JPEG.
  const size_t frames = history.frames();
  CHECK(frames > 0 && history.skipped() == 0);
  const auto sum = [frames](const std::vector<size_t>& sizes) {
    size_t bytes = 0;
    for (size_t i = sizes.size() - frames; i < sizes.size(); ++i) bytes += sizes[i];
    return bytes;
  };
  fmt::print(R"({{"frames":{},"seconds":{:.2f},"history_bytes":{},"whole_bytes":{},)"
             R"("plain_bytes":{}}})"
             "\n",
             frames, to_seconds(history.held_length()), history.held_bytes(), sum(divided_sizes),
             sum(plain_sizes));
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace fanlight

int main(int count, char** words) {
  using fanlight::to_number;
  const auto word = [&](int at) { return std::string_view(at < count ? words[at] : ""); };
  const auto width = to_number<int>(word(1));
  const auto height = to_number<int>(word(2));
  const auto fps = to_number<double>(word(3));
  const auto sigma = to_number<double>(word(4));
  const auto seconds = to_number<double>(word(5));
  if (count != 6 || !width || !height || !fps || !sigma || !seconds) {
    fmt::print(stderr, "usage: history_replay WIDTH HEIGHT FPS SIGMA SECONDS\n");
    return EXIT_FAILURE;
  }
  return fanlight::replay(*width, *height, *fps, *sigma, *seconds);
}
