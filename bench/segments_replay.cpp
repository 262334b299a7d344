// SPDX-License-Identifier: Apache-2.0
// Plays a clip, raw pictures of 4:2:0 on standard input, through a camera's rendition and one
// viewer's updates, without sockets. Reports on standard output, as JSON, the bytes and how far
// what the viewer shows is from the whole frame of the same number. bench/segments runs it.
//
//   segments_replay WIDTH HEIGHT FPS SIGMA EVERY raw|jpeg|jpeg422 < CLIP
//
// SIGMA: standard deviation of the noise that is added to the luma, the same in every run; EVERY:
// the viewer takes each nth frame; jpeg: the camera gives JPEGs, of 4:2:0 or 4:2:2.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/clip.h"
#include "capture/camera/rendition.h"
#include "capture/jpeg/jpeg_encoder.h"
#include "capture/source/camera_clock.h"
#include "core/frame_ring.h"
#include "core/to_number.h"
#include "http/delivery/update_cache.h"
#include "http/delivery/web_socket_message.h"

namespace fanlight {
namespace {

constexpr int kQuality = 80;
constexpr double kBadSegment = 25;  // dB

using Bytes = std::vector<std::byte>;

struct Pixels {
  int channels = 0;
  int width = 0;
  int height = 0;
  std::vector<uint8_t> samples{};
};

// As a browser decodes: to RGB, or only the luma.
Pixels decode(std::string_view jpeg, int format) {
  static const TurboJpegHandle decoder(tjInitDecompress());
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  Pixels pixels{.channels = tjPixelSize[format]};
  int subsampling, colours;
  CHECK(tjDecompressHeader3(decoder.get(), data, jpeg.size(), &pixels.width, &pixels.height,
                            &subsampling, &colours) == 0);
  pixels.samples.resize(size_t(pixels.width) * size_t(pixels.height) * size_t(pixels.channels));
  CHECK(tjDecompress2(decoder.get(), data, jpeg.size(), pixels.samples.data(), pixels.width, 0,
                      pixels.height, format, 0) == 0);
  return pixels;
}

double psnr(double squares, double samples) {
  return squares == 0 ? 99 : std::min(99.0, 10 * std::log10(255.0 * 255.0 * samples / squares));
}

// What a viewer shows, and how good it is.
class Canvas {
 public:
  explicit Canvas(int format) : format_(format) {}

  void show(const Frame& frame) { pixels_ = decode(frame.jpeg(), format_); }

  void draw(std::string_view jpeg, const SegmentGrid& grid, std::span<const size_t> numbers) {
    const Pixels atlas = decode(jpeg, format_);
    const int columns = atlas.width / grid.width;
    for (size_t i = 0; i < numbers.size(); ++i) {
      const int from_x = static_cast<int>(i) % columns * grid.width;
      const int from_y = static_cast<int>(i) / columns * grid.height;
      const int x = static_cast<int>(numbers[i]) % grid.columns * grid.width;
      const int y = static_cast<int>(numbers[i]) / grid.columns * grid.height;
      const int across = std::min(grid.width, pixels_.width - x);
      for (int row = 0; row < std::min(grid.height, pixels_.height - y); ++row) {
        const auto from = (ptrdiff_t(from_y + row) * atlas.width + from_x) * atlas.channels;
        const auto to = (ptrdiff_t(y + row) * pixels_.width + x) * atlas.channels;
        std::copy_n(atlas.samples.begin() + from, across * atlas.channels,
                    pixels_.samples.begin() + to);
      }
    }
  }

  void compare(const Frame& frame) {
    const Pixels whole = decode(frame.jpeg(), format_);
    const SegmentGrid grid = frame.segments().grid;
    bad_for_.resize(grid.count());
    double all = 0;
    for (size_t i = 0; i < grid.count(); ++i) {
      const int left = static_cast<int>(i) % grid.columns * grid.width;
      const int top = static_cast<int>(i) / grid.columns * grid.height;
      const int right = std::min(left + grid.width, whole.width);
      const int bottom = std::min(top + grid.height, whole.height);
      double squares = 0;
      for (int y = top; y < bottom; ++y) {
        for (auto at = (ptrdiff_t(y) * whole.width + left) * whole.channels;
             at < (ptrdiff_t(y) * whole.width + right) * whole.channels; ++at) {
          const double difference = whole.samples[size_t(at)] - pixels_.samples[size_t(at)];
          squares += difference * difference;
        }
      }
      all += squares;
      const double quality =
          psnr(squares, double(whole.channels) * (right - left) * (bottom - top));
      worst_segment_ = std::min(worst_segment_, quality);
      bad_for_[i] = quality < kBadSegment ? bad_for_[i] + 1 : 0;
      longest_bad_ = std::max(longest_bad_, bad_for_[i]);
    }
    const double quality = psnr(all, double(whole.samples.size()));
    sum_ += quality;
    ++count_;
    worst_ = std::min(worst_, quality);
  }

  double mean() const { return count_ == 0 ? 99 : sum_ / double(count_); }
  double worst() const { return worst_; }
  double worst_segment() const { return worst_segment_; }
  int longest_bad() const { return longest_bad_; }  // frames

 private:
  const int format_;
  Pixels pixels_;
  std::vector<int> bad_for_;
  double sum_ = 0, worst_ = 99, worst_segment_ = 99;
  size_t count_ = 0;
  int longest_bad_ = 0;
};

// The segments in frame `sequence` that changed after `base`.
std::vector<size_t> numbers_since(const Frame& frame, uint64_t base) {
  std::vector<size_t> numbers;
  const SegmentIndex picture = frame.segments();
  for (size_t i = 0; i < picture.grid.count(); ++i) {
    if (picture.segments[i].age < frame.sequence() - base) numbers.push_back(i);
  }
  return numbers;
}

size_t message_bytes(const Frame& frame, size_t jpeg) {
  std::array<char, kPrefixMax> room;
  TextWriter text{std::span(room).subspan(kFrameHeaderMax, kDescriptionMax)};
  describe_frame("front", frame.info(), text);
  return frame_description(room, text.size(), jpeg).size() + jpeg;
}

int replay(int width, int height, double fps, double sigma, uint64_t every, std::string_view kind) {
  const bool is_jpeg = kind != "raw";
  const PixelFormat format = kind == "jpeg422" ? PixelFormat::yuv422 : PixelFormat::yuv420;
  FrameRing ring({.jpeg_capacity = jpeg_capacity_for({width, height, from_seconds(1 / fps), 0}),
                  .memory_limit = 256 << 20});
  SystemCameraClock clock;
  Rendition rendition(ring, clock, kQuality, "front");
  const std::string camera = "front";
  UpdateCache cache(ring, camera);
  ring.watch_updates();

  Clip clip(width, height, sigma);
  JpegEncoder encoder;
  Bytes plain(JpegEncoder::worst_case(width, height, format));
  Canvas luma(TJPF_GRAY);
  Canvas colour(TJPF_RGB);
  uint64_t base = 0, taken = 0, whole_bytes = 0, update_bytes = 0, divided_bytes = 0;
  uint64_t plain_bytes = 0, whole_frames = 0;
  const Instant begun = clock.now();
  for (uint64_t number = 1; clip.read(); ++number) {
    const RawView raw = clip.view(format);
    const size_t plain_size = encoder.encode(raw, width, height, kQuality, plain);
    const Instant at = begun + from_seconds(double(number) / fps);
    const auto jpeg = is_jpeg ? std::span<const std::byte>(plain).first(plain_size)
                              : std::span<const std::byte>();
    const Picture picture{jpeg, raw, width, height, clock.wall_now(), at};
    CHECK(rendition.publish(picture) == Rendition::Outcome::published);
    const FrameRef frame = ring.newer_than(number - 1);
    CHECK(frame && !frame->segments().empty());
    plain_bytes += plain_size;
    divided_bytes += frame->jpeg().size();
    if (number % every != 0) continue;

    ++taken;
    whole_bytes += message_bytes(*frame, plain_size);
    if (frame->is_same_as(base)) {
      for (Canvas* canvas : {&luma, &colour}) canvas->compare(*frame);
      continue;
    }
    const UpdateRef update = cache.get(*frame, base);
    if (!update) ++whole_frames;
    for (Canvas* canvas : {&luma, &colour}) {
      if (update) {
        const size_t atlas = update.bytes().find("\xff\xd8\xff");
        canvas->draw(update.bytes().substr(atlas), frame->segments().grid,
                     numbers_since(*frame, base));
        canvas->compare(*frame);
      } else {
        canvas->show(*frame);
      }
    }
    const size_t sent =
        update ? update.bytes().size() : message_bytes(*frame, frame->jpeg().size());
    update_bytes += sent;
    base = number;
  }
  ring.unwatch_updates();
  const CaptureStats& stats = ring.stats();
  fmt::print(R"({{"frames":{},"whole_bytes":{},"update_bytes":{},"ratio":{:.2f},)"
             R"("whole_frames":{},"divided_to_plain":{:.4f},"changed":{:.4f},)"
             R"("psnr_mean":{:.2f},"psnr_min":{:.2f},"psnr_segment_min":{:.2f},)"
             R"("longest_bad_seconds":{:.2f},"psnr_rgb_mean":{:.2f},"psnr_rgb_min":{:.2f}}})"
             "\n",
             taken, whole_bytes, update_bytes, double(whole_bytes) / double(update_bytes),
             whole_frames, double(divided_bytes) / double(plain_bytes),
             double(stats.segments_changed.value()) / double(stats.segments.value()), luma.mean(),
             luma.worst(), luma.worst_segment(), double(luma.longest_bad()) * double(every) / fps,
             colour.mean(), colour.worst());
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
  const auto every = to_number<uint64_t>(word(5));
  const std::string_view kind = word(6);
  const bool is_kind = kind == "raw" || kind == "jpeg" || kind == "jpeg422";
  if (count != 7 || !width || !height || !fps || !sigma || !every || !is_kind) {
    fmt::print(stderr, "usage: segments_replay WIDTH HEIGHT FPS SIGMA EVERY raw|jpeg|jpeg422\n");
    return EXIT_FAILURE;
  }
  return fanlight::replay(*width, *height, *fps, *sigma, *every, kind);
}
