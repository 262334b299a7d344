// SPDX-License-Identifier: Apache-2.0
// Measures the cost of a picture that no camera has encoded: the pattern's own, as it is sent to
// viewers, and one from a file, for bench/encoder, which lets libjpeg-turbo's tjbench encode the
// same; and the cost of a camera's JPEG.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/jpeg_repair.h"
#include "capture/picture/raw_convert.h"
#include "capture/picture/raw_rotate.h"
#include "capture/source/pattern_source.h"
#include "core/check.h"

namespace fanlight {
namespace {

constexpr int kQuality = 80;                                   // the default of --quality
constexpr char kPictureVariable[] = "FANLIGHT_BENCH_PICTURE";  // a BMP or PPM file

SourceOptions options_for(const benchmark::State& state) {
  SourceOptions options;
  options.width = static_cast<int>(state.range(0));
  options.height = static_cast<int>(state.range(1));
  options.fps = 240;
  return options;
}

// Encodes the same picture repeatedly.
void encode(benchmark::State& state, const RawView& raw, int width, int height) {
  JpegEncoder encoder;
  std::vector<std::byte> place(encoder.bytes_needed(raw, width, height));
  size_t size = 0;
  for (auto _ : state) {
    size = encoder.encode(raw, width, height, kQuality, place);
    CHECK(size > 0);
  }
  state.counters["bytes"] = static_cast<double>(size);
  state.counters["pixels"] = benchmark::Counter(double(width) * double(height),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void BM_EncodePattern(benchmark::State& state) {
  SystemCameraClock clock;
  PatternSource source(options_for(state), clock);
  const std::optional<Picture> picture = source.next(kNever);  // the first one is due immediately
  CHECK(picture);
  encode(state, picture->raw, picture->width, picture->height);
}
BENCHMARK(BM_EncodePattern)->Args({640, 480})->Args({1280, 720})->Unit(benchmark::kMicrosecond);

// The cost of moving a camera's own JPEG into the ring: it is checked and copied.
void BM_RepairJpeg(benchmark::State& state) {
  SystemCameraClock clock;
  PatternSource source(options_for(state), clock);
  const std::optional<Picture> picture = source.next(kNever);
  CHECK(picture);
  JpegEncoder encoder;
  std::vector<std::byte> jpeg(encoder.bytes_needed(picture->raw, picture->width, picture->height));
  jpeg.resize(encoder.encode(picture->raw, picture->width, picture->height, kQuality, jpeg));
  std::vector<std::byte> place(jpeg.size() + kJpegRepairGrowth);
  for (auto _ : state) CHECK(repair_jpeg(jpeg, place).ok());
  state.counters["bytes"] = static_cast<double>(jpeg.size());
}
BENCHMARK(BM_RepairJpeg)->Args({1280, 720})->Unit(benchmark::kMicrosecond);

// As a camera delivers it in this layout, by the wall clock, as tjbench counts; `sampling` is that
// of the planes, negative for packed BGR.
void BM_EncodePicture(benchmark::State& state, PixelFormat format, int sampling) {
  const char* path = std::getenv(kPictureVariable);
  int width = 0;
  int height = 0;
  int pixels = TJPF_BGR;
  const TurboJpegBuffer bgr(path ? tjLoadImage(path, &width, 1, &height, &pixels, 0) : nullptr);
  if (!bgr) return state.SkipWithError("it wants a PPM file in FANLIGHT_BENCH_PICTURE");
  RawView raw{.format = format};
  raw.planes[0] = bgr.get();
  raw.strides[0] = 3 * width;
  std::array<std::vector<uint8_t>, 3> planes;
  if (sampling >= 0) {
    std::array<unsigned char*, 3> pointers{};
    for (int i = 0; i < 3; ++i) {
      auto& plane = planes[static_cast<size_t>(i)];
      plane.resize(tjPlaneSizeYUV(i, width, 0, height, sampling));
      pointers[static_cast<size_t>(i)] = plane.data();
      raw.planes[static_cast<size_t>(i)] = plane.data();
      raw.strides[static_cast<size_t>(i)] = tjPlaneWidth(i, width, sampling);
    }
    const TurboJpegHandle handle(tjInitCompress());
    CHECK(tjEncodeYUVPlanes(handle.get(), bgr.get(), width, 0, height, TJPF_BGR, pointers.data(),
                            raw.strides.data(), sampling, 0) == 0);
  }
  encode(state, raw, width, height);
}
BENCHMARK_CAPTURE(BM_EncodePicture, yuv420, PixelFormat::yuv420, int{TJSAMP_420})->UseRealTime();
BENCHMARK_CAPTURE(BM_EncodePicture, yuv422, PixelFormat::yuv422, int{TJSAMP_422})->UseRealTime();
BENCHMARK_CAPTURE(BM_EncodePicture, bgr, PixelFormat::bgr, -1)->UseRealTime();

// The conversion before encoding, 1280x720.
void BM_Convert(benchmark::State& state, PixelFormat format, bool limited_range) {
  constexpr int kWidth = 1280;
  constexpr int kHeight = 720;
  const std::vector<uint8_t> bytes(4 * kWidth * kHeight, 99);
  const RawView raw{.format = format,
                    .limited_range = limited_range,
                    .planes = {bytes.data(), bytes.data(), bytes.data()},
                    .strides = {2 * kWidth, 2 * kWidth, 2 * kWidth}};
  RawConverter converter;
  for (auto _ : state) benchmark::DoNotOptimize(converter.convert(raw, kWidth, kHeight));
}
BENCHMARK_CAPTURE(BM_Convert, nv12, PixelFormat::nv12, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Convert, yuyv, PixelFormat::yuyv, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Convert, yuyv_limited, PixelFormat::yuyv, true)->Unit(benchmark::kMicrosecond);

void BM_Rotate(benchmark::State& state) {
  constexpr int kWidth = 1280;
  constexpr int kHeight = 720;
  const std::vector<uint8_t> bytes(kWidth * kHeight, 99);
  const RawView raw{.planes = {bytes.data(), bytes.data(), bytes.data()},
                    .strides = {kWidth, kWidth / 2, kWidth / 2}};
  const Orientation orientation{static_cast<int>(state.range(0)), false};
  RawRotator rotator;
  for (auto _ : state) benchmark::DoNotOptimize(rotator.turn(raw, kWidth, kHeight, orientation));
}
BENCHMARK(BM_Rotate)->Arg(90)->Arg(180)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace fanlight
