// SPDX-License-Identifier: Apache-2.0
// JPEGs of cameras: what check_jpeg() passes, repair_jpeg() repairs; what it has repaired needs no
// repair, and is as large as promised at most. And JpegWalker finds the same end in any pieces.
#include <optional>
#include <vector>

#include "capture/jpeg/exif_time.h"
#include "capture/jpeg/jpeg_check.h"
#include "capture/jpeg/jpeg_reader.h"
#include "capture/jpeg/jpeg_repair.h"
#include "capture/jpeg/jpeg_segments.h"
#include "capture/jpeg/jpeg_walker.h"
#include "core/check.h"
#include "tests/fuzz/pieces.h"

namespace fanlight {
namespace {

using Bytes = std::vector<std::byte>;

// The result and its problem; empty if it has one.
Bytes repair(std::span<const std::byte> data, WrittenJpeg& written) {
  Bytes out(data.size() + kJpegRepairGrowth);
  written = repair_jpeg(data, out);
  CHECK(!written.too_large);
  if (!written.ok()) return {};
  CHECK(written.size <= out.size());
  out.resize(written.size);
  return out;
}

void check_repair(std::span<const std::byte> data) {
  const JpegCheck check = check_jpeg(data);
  WrittenJpeg written;
  const Bytes repaired = repair(data, written);
  CHECK(check.ok() == written.ok());
  if (!check.ok()) {
    CHECK(check.problem == written.problem);
    return;
  }
  CHECK(check.size <= data.size());
  CHECK(check.width == written.width && check.height == written.height);
  const JpegCheck again = check_verbatim_jpeg(repaired);
  CHECK(again.ok());
  CHECK(again.width == check.width && again.height == check.height);
  CHECK(again.size == repaired.size() && !again.lacks_end);
  CHECK(again.exif_orientation == check.exif_orientation);
  WrittenJpeg unchanged;
  CHECK(repair(repaired, unchanged) == repaired);
  // A place that is one byte too small.
  Bytes small(repaired.size() - 1);
  CHECK(repair_jpeg(data, small).too_large);
}

// Where the walk ends, and how.
struct Walk {
  JpegWalker::Found found = JpegWalker::Found::nothing;
  size_t at = 0;
  bool operator==(const Walk&) const = default;
};

Walk walk(const Pieces& pieces) {
  JpegWalker walker;
  const char* begin = pieces.front().data();
  size_t size = 0;
  for (const std::string_view piece : pieces) {
    size += piece.size();
    if (size < 2) continue;
    const JpegWalker::Found found = walker.walk({begin, size});
    if (found == JpegWalker::Found::nothing) continue;
    CHECK(walker.at() >= 2 && walker.at() <= size);
    return {found, walker.at()};
  }
  return {};
}

}  // namespace

void fuzz(std::string_view input) {
  const auto data = std::as_bytes(std::span(input));
  check_repair(data);
  check_verbatim_jpeg(data);
  exif_capture_time(data);
  has_suitable_segments(data);
  if (input.starts_with("\xff\xd8")) read_in_any_pieces(input, walk);
}

}  // namespace fanlight
