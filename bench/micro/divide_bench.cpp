// SPDX-License-Identifier: Apache-2.0
// Measures what updates cost the camera's thread: dividing a camera's JPEG into segments, reading
// its cells and comparing them with those before, and, as the floor, libjpeg alone, which reads and
// writes the coefficients of the same JPEG. bench/segments runs both in turn, on a clip.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "bench/micro/jpegs.h"
#include "capture/change/change_detector.h"
#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/jpeg/jpeg_destination.h"
#include "capture/jpeg/jpeg_repair.h"
#include "capture/jpeg/jpeg_transform.h"
#include "core/check.h"
#include "core/segments/find_segments.h"

namespace fanlight {
namespace {

using namespace std::chrono_literals;

constexpr char kClipVariable[] = "FANLIGHT_BENCH_CLIP";  // a folder of JPEGs, in order
constexpr Duration kInterval = 100ms;                    // between two of them
constexpr Duration kRefresh = 4s;                        // the default of --refresh

// The clip, again and again.
class Clip {
 public:
  bool open() {
    const char* folder = std::getenv(kClipVariable);
    if (folder != nullptr) jpegs_ = read_jpegs(folder);
    size_t most = 0;
    for (const std::string& jpeg : jpegs_) most = std::max(most, jpeg.size());
    place_.resize(2 * most + kJpegRepairGrowth);
    return !jpegs_.empty();
  }

  std::span<const std::byte> next() {
    const std::string& jpeg = jpegs_[next_++ % jpegs_.size()];
    return std::as_bytes(std::span(jpeg));
  }
  std::span<std::byte> place() { return place_; }

 private:
  std::vector<std::string> jpegs_;
  std::vector<std::byte> place_;
  size_t next_ = 0;
};

void BM_DivideJpeg(benchmark::State& state) {
  Clip clip;
  if (!clip.open()) return state.SkipWithError("it wants JPEGs in FANLIGHT_BENCH_CLIP");
  PictureCells cells;
  ChangeDetector changes(kRefresh);
  std::vector<Segment> segments(kSegmentsMax + 1);
  Instant now{};
  uint64_t sequence = 0;
  size_t size = 0;
  for (auto _ : state) {
    const WrittenJpeg written = transform_jpeg(clip.next(), {}, clip.place(), &cells);
    CHECK(written.ok() && written.divided);
    SegmentGrid grid;
    CHECK(find_segments(clip.place().first(written.size), grid, segments));
    changes.compare(cells, grid, ++sequence, now += kInterval, segments);
    size += written.size;
  }
  state.counters["bytes"] = double(size) / double(state.iterations());
}
BENCHMARK(BM_DivideJpeg)->Unit(benchmark::kMicrosecond);

// Returns the size of the copy.
size_t copy_coefficients(std::span<const std::byte> jpeg, std::span<std::byte> place) {
  LibJpegErrors errors;
  JpegCoefficients from(jpeg, errors);
  JpegDestination to(place);
  jpeg_compress_struct info{};
  errors.watch(info);
  CHECK(errors.run([&] {
    from.read_head();
    jvirt_barray_ptr* arrays = from.read();
    jpeg_create_compress(&info);
    to.attach(info);
    jpeg_copy_critical_parameters(&from.info(), &info);
    jpeg_write_coefficients(&info, arrays);
    jpeg_finish_compress(&info);
  }));
  jpeg_destroy_compress(&info);
  return to.size();
}

void BM_CopyCoefficients(benchmark::State& state) {
  Clip clip;
  if (!clip.open()) return state.SkipWithError("it wants JPEGs in FANLIGHT_BENCH_CLIP");
  size_t size = 0;
  for (auto _ : state) size += copy_coefficients(clip.next(), clip.place());
  state.counters["bytes"] = double(size) / double(state.iterations());
}
BENCHMARK(BM_CopyCoefficients)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace fanlight
