// SPDX-License-Identifier: Apache-2.0
// JPEGs of cameras rotated and divided: libjpeg decodes what transform_jpeg() writes, every block
// of it; and turned by its half twice, a picture is what it was.
#include <algorithm>
#include <vector>

#include "capture/change/picture_cells.h"
#include "capture/jpeg/coefficient_cells.h"
#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_coefficients.h"
#include "capture/jpeg/jpeg_transform.h"
#include "core/check.h"
#include "core/segments/find_segments.h"
#include "tests/fuzz/fuzz_input.h"

namespace fanlight {
namespace {

using Bytes = std::vector<std::byte>;
constexpr int kSideMax = 256;  // larger ones only take longer

bool is_in_range(jpeg_decompress_struct& info, jvirt_barray_ptr* arrays) {
  constexpr int kMost = 1023;
  for (int i = 0; i < info.num_components; ++i) {
    const jpeg_component_info& component = info.comp_info[i];
    for (JDIMENSION y = 0; y < component.height_in_blocks; ++y) {
      const JBLOCKROW row = *info.mem->access_virt_barray(reinterpret_cast<j_common_ptr>(&info),
                                                          arrays[i], y, 1, FALSE);
      for (JDIMENSION x = 0; x < component.width_in_blocks; ++x) {
        const auto is_small = [](JCOEF value) { return value >= -kMost && value <= kMost; };
        if (!std::all_of(row[x], row[x] + DCTSIZE2, is_small)) return false;
      }
    }
  }
  return true;
}

// Whether a picture has all blocks, with coefficients that baseline can express.
bool is_sound(std::span<const std::byte> jpeg) {
  if (!has_all_blocks(jpeg)) return false;
  LibJpegErrors errors;
  JpegCoefficients coefficients(jpeg, errors);
  bool is_small = false;
  const bool is_read = errors.run([&] {
    coefficients.read_head();
    is_small = is_in_range(coefficients.info(), coefficients.read());
  });
  return is_read && is_small;
}

// The result; empty if there is a problem.
Bytes transformed(std::span<const std::byte> data, Orientation orientation, PictureCells* cells,
                  bool* divided) {
  Bytes out(data.size() * 2 + (256 << 10));
  const WrittenJpeg written = transform_jpeg(data, orientation, out, cells);
  if (!written.ok()) return {};
  CHECK(written.size <= out.size());
  out.resize(written.size);
  const JpegCheck check = check_verbatim_jpeg(out);
  CHECK(check.ok() && check.size == out.size());
  CHECK(check.width == written.width && check.height == written.height);
  CHECK(check.exif_orientation == 1);
  *divided = written.divided;
  return out;
}

void check_divided(const Bytes& jpeg) {
  SegmentGrid grid;
  std::vector<Segment> segments;
  const std::string_view text(reinterpret_cast<const char*>(jpeg.data()), jpeg.size());
  CHECK(find_segments(text, grid, segments));
  CHECK(segments.size() >= grid.count() + 1);
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  const Orientation orientation{static_cast<int>(input.below(4)) * 90, input.flag()};
  const bool divides = input.flag();
  const std::string_view text = input.rest();
  const auto data = std::as_bytes(std::span(text));
  const JpegCheck check = check_jpeg(data);
  if (!check.ok() || check.width > kSideMax || check.height > kSideMax) return;

  PictureCells cells;
  bool divided = false;
  const Bytes out = transformed(data, orientation, divides ? &cells : nullptr, &divided);
  if (out.empty()) return;
  if (!is_sound(data)) return;
  CHECK(has_all_blocks(out));
  if (divided) check_divided(out);
  CHECK(divides || !divided);
  // What it has written, it leaves as it is.
  const Bytes upright = transformed(out, {}, nullptr, &divided);
  CHECK(!upright.empty());
  CHECK(transformed(upright, {}, nullptr, &divided) == upright);
}

}  // namespace fanlight
