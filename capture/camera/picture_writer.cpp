// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/picture_writer.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "capture/jpeg/coefficient_cells.h"
#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_repair.h"
#include "capture/jpeg/jpeg_segments.h"
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

WrittenJpeg PictureWriter::write(const Picture& picture, std::span<std::byte> place,
                                 PictureCells* cells) noexcept {
  if (cells != nullptr) {
    const WrittenJpeg written = divide(picture, place, *cells);
    if (written.ok() && (written.divided || !picture.is_jpeg())) return written;
  }
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

WrittenJpeg PictureWriter::divide(const Picture& picture, std::span<std::byte> place,
                                  PictureCells& cells) noexcept {
  CHECK(picture.slate_reason.empty());
  return picture.is_jpeg() ? divide_jpeg(picture, place, cells) : divide_raw(picture, place, cells);
}

WrittenJpeg PictureWriter::divide_jpeg(const Picture& picture, std::span<std::byte> place,
                                       PictureCells& cells) noexcept {
  Picture kept = picture;
  if (picture.is_verbatim) {
    // One that is not served without segments is not served with them.
    const JpegCheck check = check_verbatim_jpeg(picture.jpeg);
    if (!check.ok()) return {};
    kept.jpeg = picture.jpeg.first(check.size);  // the last segment ends with the JPEG
  }
  if (config_.orientation.is_upright() && has_suitable_segments(kept.jpeg)) {
    WrittenJpeg written = copy(kept, place);
    // Nobody compares the cells of joined pictures.
    written.divided =
        written.ok() && (picture.is_joined || read_jpeg_cells(place.first(written.size), cells));
    if (written.divided) return written;
  }
  return transform_jpeg(picture.jpeg, config_.orientation, place, &cells);
}

// Hardware writes no restart intervals; dividing its JPEG takes half as long as encoding. If that
// fails, the JPEG is served as it is.
WrittenJpeg PictureWriter::divide_raw(const Picture& picture, std::span<std::byte> place,
                                      PictureCells& cells) noexcept {
  if (!hardware_) return encode_with(segment_encoder_, picture, place, &cells);
  const WrittenJpeg encoded = encode(picture, place);
  if (!encoded.ok()) return encoded;
  const auto jpeg = place.first(encoded.size);
  hardware_jpeg_.assign(jpeg.begin(), jpeg.end());
  const WrittenJpeg divided = transform_jpeg(hardware_jpeg_, {}, place, &cells);
  if (divided.ok() && divided.divided) return divided;
  std::ranges::copy(hardware_jpeg_, place.begin());
  return encoded;
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
                                       std::span<std::byte> place, PictureCells* cells) {
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
  const bool divided = cells != nullptr && &taker == &segment_encoder_;
  if (divided) cells->read(raw, width, height);
  return {.problem = {},
          .too_large = false,
          .width = width,
          .height = height,
          .size = size,
          .divided = divided};
}

}  // namespace fanlight
