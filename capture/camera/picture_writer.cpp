// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/picture_writer.h"

#include <cstring>
#include <tuple>
#include <utility>

#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_repair.h"
#include "capture/jpeg/jpeg_transform.h"
#include "core/check.h"
#include "core/log.h"

namespace fanlight {
namespace {

constexpr std::string_view kEncoderFailed = "cannot be encoded";

}  // namespace

PictureWriter::PictureWriter(PictureWriterConfig config, std::unique_ptr<Encoder> hardware)
    : config_(std::move(config)), hardware_(std::move(hardware)) {
  set_quality(config_.quality);
}

void PictureWriter::set_quality(int quality) {
  CHECK(quality >= 1 && quality <= 100);
  config_.quality = quality;
}

WrittenJpeg PictureWriter::write(const Picture& picture, std::span<std::byte> place) noexcept {
  if (!picture.is_jpeg()) return encode(picture, place);
  const Orientation orientation = orientation_of(picture);
  if (orientation.is_upright()) return copy(picture, place);
  return transform_jpeg(picture.jpeg, orientation, place);
}

bool PictureWriter::is_copy(const Picture& picture) const {
  return picture.is_jpeg() && orientation_of(picture).is_upright();
}

// Slates stay readable.
Orientation PictureWriter::orientation_of(const Picture& picture) const {
  return picture.slate_reason.empty() ? config_.orientation : Orientation{};
}

WrittenJpeg PictureWriter::copy(const Picture& picture, std::span<std::byte> place) noexcept {
  if (!picture.is_verbatim) return repair_jpeg(picture.jpeg, place);
  const JpegCheck check = check_verbatim_jpeg(picture.jpeg);
  if (!check.ok()) return {.problem = check.problem};
  if (picture.jpeg.size() > place.size()) return too_large_for_its_place();
  std::memcpy(place.data(), picture.jpeg.data(), picture.jpeg.size());
  return {.problem = {},
          .too_large = false,
          .width = check.width,
          .height = check.height,
          .size = picture.jpeg.size()};
}

// Hardware that has failed once is not used again: it would fail with every picture, after a delay
// each time.
WrittenJpeg PictureWriter::encode(const Picture& picture, std::span<std::byte> place) noexcept {
  if (hardware_) {
    const WrittenJpeg written = encode_with(*hardware_, picture, place);
    if (written.ok() || written.too_large) return written;
    log_warning("{}: encoder {} failed; falling back to TurboJPEG", config_.camera,
                hardware_->name());
    hardware_.reset();
  }
  return encode_with(software_, picture, place);
}

WrittenJpeg PictureWriter::encode_with(Encoder& encoder, const Picture& picture,
                                       std::span<std::byte> place) {
  RawView raw = picture.raw;
  int width = picture.width;
  int height = picture.height;
  const Orientation orientation = orientation_of(picture);
  if (!orientation.is_upright() || !encoder.takes(raw, width, height)) {
    raw = converter_.convert(raw, width, height);
  }
  if (!orientation.is_upright()) {
    raw = rotator_.turn(raw, width, height, orientation);
    std::tie(width, height) = orientation.size_of(width, height);
  }
  // A picture that hardware does not support, such as a slate of another size, is not a failure.
  Encoder& taker = encoder.takes(raw, width, height) ? encoder : software_;
  if (!taker.takes(raw, width, height)) return {.problem = kEncoderFailed};
  if (taker.bytes_needed(raw, width, height) > place.size()) return too_large_for_its_place();
  const size_t size = taker.encode(raw, width, height, config_.quality, place);
  if (size == 0) return {.problem = kEncoderFailed};
  CHECK(size <= place.size());
  return {.problem = {}, .too_large = false, .width = width, .height = height, .size = size};
}

}  // namespace fanlight
