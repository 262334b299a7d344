// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/picture_scaler.h"

#include <cerrno>
#include <new>
#include <system_error>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/jpeg_reader.h"
#include "core/check.h"

namespace fanlight {
namespace {

const unsigned char* bytes_of(std::span<const std::byte> jpeg) {
  return reinterpret_cast<const unsigned char*>(jpeg.data());
}

// The smallest size that libjpeg-turbo decodes with SIMD instructions and that is no smaller than
// `to`.
PictureExtent decoded_size(PictureExtent stored, PictureExtent to) {
  for (const int eighths : {1, 2, 4}) {
    const tjscalingfactor factor{eighths, 8};
    const PictureExtent size{TJSCALED(stored.width, factor), TJSCALED(stored.height, factor)};
    if (size.width >= to.width && size.height >= to.height) return size;
  }
  return stored;
}

PixelFormat format_of(int sampling) {
  switch (sampling) {
    case TJSAMP_GRAY:
      return PixelFormat::grey;
    case TJSAMP_420:
      return PixelFormat::yuv420;
    case TJSAMP_422:
      return PixelFormat::yuv422;
    default:
      return PixelFormat::yuv444;
  }
}

bool is_known(int sampling) {
  return sampling == TJSAMP_GRAY || sampling == TJSAMP_420 || sampling == TJSAMP_422 ||
         sampling == TJSAMP_444;
}

}  // namespace

JpegExtent extent_of_jpeg(std::span<const std::byte> jpeg) noexcept {
  JpegReader reader(jpeg);
  if (!reader.read_start()) return {};
  while (reader.read_segment() && !reader.is_end()) {
    if (!reader.is_scan()) continue;
    return {{reader.width(), reader.height()}, orientation_of_exif(reader.exif_orientation())};
  }
  return {};
}

PictureScaler::PictureScaler() : decompressor_(tjInitDecompress()), compressor_(tjInitCompress()) {
  if (!decompressor_ || !compressor_) {
    throw std::system_error(ENOMEM, std::system_category(), "TurboJPEG");
  }
}

void PictureScaler::scale(const RawView& raw, PictureExtent from, PlanarPicture& result,
                          PictureExtent to) {
  const RawView planes = is_packed_rgb(raw.format)
                             ? separate(raw, from)
                             : converter_.convert(raw, from.width, from.height);
  scale_down(planes, from, result, to);
}

// As the encoder converts it.
RawView PictureScaler::separate(const RawView& rgb, PictureExtent size) {
  separated_.resize(size.width, size.height, false);
  RawView planes = separated_.view();  // TurboJPEG takes the strides as non-const
  std::array<unsigned char*, 3> pointers{};
  for (size_t i = 0; i < pointers.size(); ++i) pointers[i] = separated_.plane(i).data();
  const int failed = tjEncodeYUVPlanes(compressor_.get(), rgb.planes[0], size.width, rgb.strides[0],
                                       size.height, turbojpeg_pixels(rgb.format), pointers.data(),
                                       planes.strides.data(), TJSAMP_420, 0);
  if (failed != 0) throw std::bad_alloc();  // its only error with valid arguments
  return planes;
}

bool PictureScaler::decode(std::span<const std::byte> jpeg, PictureExtent stored,
                           PlanarPicture& result, PictureExtent to) {
  CHECK(to.width >= 1 && to.height >= 1 && to.width <= stored.width && to.height <= stored.height);
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decompressor_.get(), bytes_of(jpeg), jpeg.size(), &width, &height,
                          &sampling, &colours) != 0) {
    return false;
  }
  if (PictureExtent{width, height} != stored || !is_known(sampling)) return false;
  if (colours != TJCS_YCbCr && colours != TJCS_GRAY) return false;
  const PictureExtent size = decoded_size(stored, to);
  if (size_t(size.width) * size_t(size.height) > kPixelsMax) return false;

  RawView raw{.format = format_of(sampling)};
  std::array<unsigned char*, 3> pointers{};
  for (size_t i = 0; i < (sampling == TJSAMP_GRAY ? 1u : 3u); ++i) {
    const int plane = static_cast<int>(i);
    planes_[i].resize(tjPlaneWidth(plane, size.width, sampling),
                      tjPlaneHeight(plane, size.height, sampling));
    raw.planes[i] = pointers[i] = planes_[i].data();
    raw.strides[i] = planes_[i].stride();
  }
  // Progressive JPEGs may have thousands of scans, each of which costs as much as a picture.
  constexpr int kFlags = TJFLAG_LIMITSCANS;
  const int failed =
      tjDecompressToYUVPlanes(decompressor_.get(), bytes_of(jpeg), jpeg.size(), pointers.data(),
                              size.width, raw.strides.data(), size.height, kFlags);
  if (failed != 0 && tjGetErrorCode(decompressor_.get()) == TJERR_FATAL) return false;
  scale_down(raw, size, result, to);
  return true;
}

}  // namespace fanlight
