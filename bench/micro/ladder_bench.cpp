// SPDX-License-Identifier: Apache-2.0
// Measures what a ladder costs, against encoding the same pictures without one: by the processor's
// time of this thread, in turn, picture by picture, so that other work on the machine affects both
// alike. The program runs what a camera's thread and its ladder's thread run, in one.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <time.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "capture/camera/ladder.h"
#include "capture/camera/rendition.h"
#include "capture/jpeg/turbojpeg_handle.h"
#include "capture/source/pattern_source.h"
#include "core/check.h"

namespace fanlight {
namespace {

constexpr int kQuality = 80;                                   // the default of --quality
constexpr char kPictureVariable[] = "FANLIGHT_BENCH_PICTURE";  // a BMP or PPM file of 1920x1080

Duration processor_time() {
  timespec time{};
  CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct Step {
  PictureExtent box;
  int quality;
};

// A camera with or without a ladder, without threads.
class BenchCamera {
 public:
  BenchCamera(const SourceFormat& format, const std::vector<Step>& steps)
      : top_(ring_config(jpeg_capacity_for(format))) {
    std::vector<RungTarget> targets;
    for (const Step& step : steps) {
      rings_.push_back(std::make_unique<FrameRing>(ring_config(rung_capacity(step.box))));
      targets.push_back({rings_.back().get(), step.box, step.quality});
    }
    RenditionConfig config;
    if (!steps.empty()) ladder_.emplace(top_, targets, "bench");
    if (ladder_) config.ladder = &*ladder_;
    rendition_.emplace(top_, clock_, kQuality, "bench", std::move(config));
    rendition_->set_format(format);
  }
  ~BenchCamera() {
    if (is_watched_) watch(false);
  }

  // Of each lower rung.
  void watch(bool is_watched) {
    is_watched_ = is_watched;
    for (const auto& ring : rings_) is_watched ? ring->watch() : ring->unwatch();
  }

  Duration publish(const Picture& picture) {
    const Duration before = processor_time();
    CHECK(rendition_->publish(picture) == Rendition::Outcome::published);
    if (ladder_ && is_watched_) ladder_->serve();
    return processor_time() - before;
  }

 private:
  static FrameRingConfig ring_config(size_t capacity) {
    return {.window = 2, .jpeg_capacity = capacity, .memory_limit = 256 << 20};
  }

  SystemCameraClock clock_;
  FrameRing top_;
  std::vector<std::unique_ptr<FrameRing>> rings_;
  std::optional<Ladder> ladder_;
  std::optional<Rendition> rendition_;
  bool is_watched_ = false;
};

// The pattern's own pictures are flat; a file has detail as cameras see it.
class BenchPicture {
 public:
  BenchPicture() {
    const char* path = std::getenv(kPictureVariable);
    if (path == nullptr) {
      SourceOptions options;
      options.width = 1920;
      options.height = 1080;
      options.fps = 240;
      source_.emplace(options, clock_);
      picture_ = *source_->next(kNever);
      return;
    }
    int width = 0;
    int height = 0;
    int pixels = TJPF_BGR;
    bgr_.reset(tjLoadImage(path, &width, 1, &height, &pixels, 0));
    CHECK(bgr_ != nullptr && width % 2 == 0 && height % 2 == 0);
    const RawView rgb{.format = PixelFormat::bgr, .planes = {bgr_.get()}, .strides = {3 * width}};
    PictureScaler().scale(rgb, {width, height}, planes_, {width, height});
    picture_.raw = planes_.view();
    picture_.width = width;
    picture_.height = height;
  }
  const Picture& picture() const { return picture_; }
  SourceFormat format() const { return {picture_.width, picture_.height, 33ms, 0}; }

 private:
  SystemCameraClock clock_;
  std::optional<PatternSource> source_;
  TurboJpegBuffer bgr_;
  PlanarPicture planes_;
  Picture picture_;
};

void measure(benchmark::State& state, const std::vector<Step>& steps, bool is_watched,
             bool is_jpeg = false) {
  BenchPicture source;
  Picture picture = source.picture();
  std::vector<std::byte> jpeg;
  if (is_jpeg) {
    JpegEncoder encoder;
    jpeg.resize(encoder.bytes_needed(picture.raw, picture.width, picture.height));
    jpeg.resize(encoder.encode(picture.raw, picture.width, picture.height, kQuality, jpeg));
  }
  BenchCamera alone(source.format(), {});
  BenchCamera with_ladder(source.format(), steps);
  if (is_watched) with_ladder.watch(true);
  Duration top{0};
  Duration all{0};
  for (auto _ : state) {
    top += alone.publish(picture);
    picture.jpeg = jpeg;
    all += with_ladder.publish(picture);
    picture.jpeg = {};
  }
  state.counters["ratio"] = to_seconds(all) / to_seconds(top);
  state.counters["top_us"] = to_seconds(top) * 1e6 / double(state.iterations());
  state.counters["all_us"] = to_seconds(all) * 1e6 / double(state.iterations());
}

const std::vector<Step> kStated = {{{1280, 720}, 80}, {{640, 360}, 60}};
const std::vector<Step> kAutomatic = {{{960, 540}, 70}, {{480, 270}, 60}};

BENCHMARK_CAPTURE(measure, stated_unwatched, kStated, false);
BENCHMARK_CAPTURE(measure, stated, kStated, true);
BENCHMARK_CAPTURE(measure, automatic, kAutomatic, true);
// Against encoding a raw picture of that size, which a camera with JPEGs saves.
BENCHMARK_CAPTURE(measure, stated_from_jpeg, kStated, true, true);
BENCHMARK_CAPTURE(measure, automatic_from_jpeg, kAutomatic, true, true);

}  // namespace
}  // namespace fanlight
