// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/jpeg/test_jpeg.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/source/pattern_source.h"
#include "core/check.h"

namespace fanlight {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Decompressor = std::unique_ptr<void, Destroy>;

constexpr std::byte kComment{0xfe};

}  // namespace

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Bytes encode_jpeg(const Canvas& canvas) {
  JpegEncoder encoder;
  Bytes jpeg(JpegEncoder::worst_case(canvas.width(), canvas.height()));
  jpeg.resize(encoder.encode(canvas.view(), canvas.width(), canvas.height(), 90, jpeg));
  return jpeg;
}

Bytes make_jpeg(int width, int height, int grey, uint64_t number, size_t comment_bytes) {
  CHECK(comment_bytes <= 65533);
  Canvas canvas(width, height);
  canvas.fill(rgb(grey, grey, grey));
  Bytes jpeg = encode_jpeg(canvas);
  if (comment_bytes == 0) return jpeg;
  const size_t length = comment_bytes + 2;
  Bytes segment{std::byte{0xff}, kComment, std::byte(length >> 8), std::byte(length & 0xff)};
  for (size_t i = 0; i < comment_bytes; ++i) {
    segment.push_back(std::byte(number >> (i % 8 * 8) & 0xff));
  }
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

std::optional<uint64_t> read_number(std::string_view jpeg) {
  const auto bytes = bytes_of(jpeg);
  if (bytes.size() < 14 || bytes[3] != kComment) return std::nullopt;
  const size_t length = std::to_integer<size_t>(bytes[4]) << 8 | std::to_integer<size_t>(bytes[5]);
  if (length < 10 || bytes.size() < 4 + length) return std::nullopt;
  const auto comment = bytes.subspan(6, length - 2);
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number |= std::to_integer<uint64_t>(comment[i]) << (i * 8);
  for (size_t i = 8; i < comment.size(); ++i) {
    if (comment[i] != comment[i - 8]) return std::nullopt;
  }
  return number;
}

double Brightness::mean() const {
  return std::accumulate(pixels.begin(), pixels.end(), 0.0) / static_cast<double>(pixels.size());
}

Brightness decode(std::span<const std::byte> jpeg) {
  const Decompressor decompressor(tjInitDecompress());
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  Brightness result;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decompressor.get(), data, jpeg.size(), &result.width, &result.height,
                          &subsampling, &colours) != 0) {
    ADD_FAILURE() << tjGetErrorStr2(decompressor.get());
    return {};
  }
  result.pixels.resize(static_cast<size_t>(result.width) * static_cast<size_t>(result.height));
  if (tjDecompress2(decompressor.get(), data, jpeg.size(), result.pixels.data(), result.width, 0,
                    result.height, TJPF_GRAY, TJFLAG_STOPONWARNING) != 0) {
    ADD_FAILURE() << tjGetErrorStr2(decompressor.get());
    return {};
  }
  return result;
}

Brightness decode(std::string_view jpeg) {
  return decode(bytes_of(jpeg));
}

Brightness luma_of(const Picture& picture) {
  Brightness result{picture.width, picture.height, {}};
  for (int y = 0; y < picture.height; ++y) {
    const uint8_t* row = picture.raw.planes[0] + y * picture.raw.strides[0];
    result.pixels.insert(result.pixels.end(), row, row + picture.width);
  }
  return result;
}

std::optional<uint32_t> read_strip(const Brightness& picture) {
  uint32_t blocks = 0;
  const int y = strip_height(picture.height) / 2;
  for (int i = 0; i < kStripBlocks; ++i) {
    const int x = (2 * i + 1) * picture.width / (2 * kStripBlocks);
    blocks = blocks << 1 | (picture.at(x, y) > 127 ? 1u : 0u);
  }
  const bool framed = (blocks >> 18) == 2 && (blocks & 1) == 1;
  const bool even = std::popcount(blocks >> 1 & 0x1ffff) % 2 == 0;
  if (!framed || !even) return std::nullopt;
  return blocks >> 2 & 0xffff;
}

GuardedBytes::GuardedBytes(size_t size) : size_(size) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t usable = (size + page - 1) / page * page;
  mapped_ = usable + page;
  mapping_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapping_ != MAP_FAILED);
  auto* bytes = static_cast<std::byte*>(mapping_);
  CHECK(::mprotect(bytes + usable, page, PROT_NONE) == 0);
  start_ = bytes + usable - size;
}

GuardedBytes::GuardedBytes(std::span<const std::byte> content) : GuardedBytes(content.size()) {
  std::copy(content.begin(), content.end(), start_);
}

GuardedBytes::~GuardedBytes() {
  ::munmap(mapping_, mapped_);
}

}  // namespace fanlight
