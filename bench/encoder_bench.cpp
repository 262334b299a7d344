// SPDX-License-Identifier: Apache-2.0
// What a picture costs that no camera has encoded: the pattern's own, as it goes to the viewers.
#include <benchmark/benchmark.h>

#include <vector>

#include "capture/jpeg_encoder.h"
#include "capture/pattern_source.h"
#include "core/check.h"

namespace fanlight {
namespace {

constexpr int kQuality = 80;  // the default of --quality

SourceOptions options_for(const benchmark::State& state) {
  SourceOptions options;
  options.width = static_cast<int>(state.range(0));
  options.height = static_cast<int>(state.range(1));
  options.fps = 240;
  return options;
}

void BM_EncodePattern(benchmark::State& state) {
  SystemCameraClock clock;
  PatternSource source(options_for(state), clock);
  const std::optional<Picture> picture = source.next(kNever);  // the first one is due at once
  CHECK(picture);
  JpegEncoder encoder;
  std::vector<std::byte> place(JpegEncoder::worst_case(picture->width, picture->height));
  size_t size = 0;
  for (auto _ : state) {
    size = encoder.encode(picture->raw, picture->width, picture->height, kQuality, place);
    CHECK(size > 0);
  }
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(BM_EncodePattern)->Args({640, 480})->Args({1280, 720})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace fanlight
