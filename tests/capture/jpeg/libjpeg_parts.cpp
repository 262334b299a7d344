// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/jpeg/libjpeg_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace fanlight {
namespace {

J_COLOR_SPACE colours_of(int channels) {
  return channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
}

void set_kind(jpeg_compress_struct& info, const JpegKind& kind,
              std::vector<jpeg_scan_info>& scans) {
  jpeg_set_colorspace(&info, kind.colours);
  jpeg_set_quality(&info, 95, TRUE);
  for (size_t i = 0; i < kind.sampling.size(); ++i) {
    std::tie(info.comp_info[i].h_samp_factor, info.comp_info[i].v_samp_factor) = kind.sampling[i];
    scans.push_back({1, {static_cast<int>(i), 0, 0, 0}, 0, 63, 0, 0});
  }
  info.optimize_coding = kind.is_optimized ? TRUE : FALSE;
  info.restart_interval = kind.restart_interval;
  if (kind.has_separate_scans) {
    info.scan_info = scans.data();
    info.num_scans = static_cast<int>(scans.size());
  }
  if (kind.is_progressive) jpeg_simple_progression(&info);
}

}  // namespace

Pixels shades(int width, int height, int channels) {
  Pixels pixels{width, height, channels, {}};
  pixels.samples.resize(static_cast<size_t>(width * height * channels));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int across = 100 * x / width;
      const int down = 60 * y / height;
      for (int channel = 0; channel < channels; ++channel) {
        const int value = channel == 1 ? 200 - down - across / 2 : 40 + across + down;
        pixels.at(x, y, channel) = static_cast<uint8_t>(value + 10 * channel);
      }
    }
  }
  return pixels;
}

Bytes encode_pixels(const Pixels& pixels, const JpegKind& kind) {
  LibJpegErrors errors;
  jpeg_compress_struct info{};
  errors.watch(info);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  std::vector<jpeg_scan_info> scans;
  EXPECT_TRUE(errors.run([&] {
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = static_cast<JDIMENSION>(pixels.width);
    info.image_height = static_cast<JDIMENSION>(pixels.height);
    info.input_components = pixels.channels;
    info.in_color_space = colours_of(pixels.channels);
    jpeg_set_defaults(&info);
    set_kind(info, kind, scans);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < pixels.height; ++y) {
      auto* row = const_cast<JSAMPROW>(
          &pixels.samples[static_cast<size_t>(y * pixels.width * pixels.channels)]);
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
  })) << "libjpeg's error "
      << errors.code();
  jpeg_destroy_compress(&info);
  const auto* bytes = reinterpret_cast<const std::byte*>(out);
  Bytes jpeg(bytes, bytes + size);
  std::free(out);
  return jpeg;
}

Pixels decode_pixels(std::span<const std::byte> jpeg) {
  LibJpegErrors errors;
  jpeg_decompress_struct info{};
  errors.watch(info);
  Pixels pixels;
  const bool decoded = errors.run([&] {
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
    jpeg_read_header(&info, TRUE);
    info.out_color_space = colours_of(info.num_components);
    jpeg_start_decompress(&info);
    pixels.width = static_cast<int>(info.output_width);
    pixels.height = static_cast<int>(info.output_height);
    pixels.channels = info.output_components;
    pixels.samples.resize(static_cast<size_t>(pixels.width * pixels.height * pixels.channels));
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = &pixels.at(0, static_cast<int>(info.output_scanline), 0);
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
  });
  jpeg_destroy_decompress(&info);
  if (decoded && errors.warnings() == 0) return pixels;
  ADD_FAILURE() << "libjpeg's error " << errors.code() << ", warnings " << errors.warnings();
  return {};
}

Pixels turned_pixels(const Pixels& pixels, Orientation orientation) {
  const auto [width, height] = orientation.size_of(pixels.width, pixels.height);
  Pixels turned{width, height, pixels.channels, {}};
  turned.samples.resize(pixels.samples.size());
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      // Undo the mirroring first, then the rotation.
      const int column = orientation.mirror ? width - 1 - x : x;
      int from_x = column;
      int from_y = y;
      if (orientation.rotate == 90) {
        from_x = y;
        from_y = pixels.height - 1 - column;
      } else if (orientation.rotate == 180) {
        from_x = pixels.width - 1 - column;
        from_y = pixels.height - 1 - y;
      } else if (orientation.rotate == 270) {
        from_x = pixels.width - 1 - y;
        from_y = column;
      }
      for (int channel = 0; channel < pixels.channels; ++channel) {
        turned.at(x, y, channel) = pixels.at(from_x, from_y, channel);
      }
    }
  }
  return turned;
}

int difference(const Pixels& one, const Pixels& other) {
  if (one.width != other.width || one.height != other.height || one.channels != other.channels) {
    return 256;
  }
  int largest = 0;
  for (size_t i = 0; i < one.samples.size(); ++i) {
    largest = std::max(largest, std::abs(one.samples[i] - other.samples[i]));
  }
  return largest;
}

}  // namespace fanlight
