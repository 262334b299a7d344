// SPDX-License-Identifier: Apache-2.0
#include "core/segments/joined_picture.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/segments/find_segments.h"
#include "core/segments/jpeg_marker.h"

namespace fanlight {
namespace {

constexpr size_t kRestartNumbers = 8;
// The memory is compacted when replaced segments take as much of it as the picture.
constexpr size_t kPicturesKept = 2;

std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

char* copy(std::string_view text, char* out) {
  return std::copy(text.begin(), text.end(), out);
}

char* write_marker(size_t marker, char* out) {
  *out++ = '\xff';
  *out++ = static_cast<char>(marker);
  return out;
}

}  // namespace

void JoinedPicture::forget() {
  pieces_.clear();
  bytes_.clear();
  sequence_.reset();
  size_ = 0;
}

void JoinedPicture::take_whole(std::string_view jpeg, uint64_t sequence) {
  forget();
  if (jpeg.size() > bytes_max_) return;
  bytes_ = jpeg;
  size_ = jpeg.size();
  sequence_ = sequence;
  found_.resize(kSegmentsMax + 1);
  if (!find_segments(as_bytes(bytes_), grid_, found_)) return;
  head_ = read_jpeg_head(bytes_).value();
  for (size_t i = 0; i < grid_.count(); ++i) {
    const size_t begin = found_[i].begin;
    pieces_.push_back({begin, found_[i + 1].begin - kSegmentMarkerBytes - begin});
  }
}

std::string_view JoinedPicture::take_update(const UpdateMessage& message, std::string_view atlas) {
  CHECK(message.update);
  const std::string_view problem = find_problem(message, atlas);
  if (!problem.empty()) {
    sequence_.reset();
    return problem;
  }
  sequence_ = message.sequence;
  if (!message.update->empty()) replace(*message.update, atlas);
  return {};
}

std::string_view JoinedPicture::find_problem(const UpdateMessage& message, std::string_view atlas) {
  const SegmentUpdate& update = *message.update;
  if (!sequence_) return "an update without a whole frame before it";
  if (update.base != *sequence_) return "an update of a frame that is not the last one";
  if (update.empty()) return atlas.empty() ? "" : "an atlas for an empty update";
  if (!has_segments()) return "an update of a frame without segments";
  if (update.width != head_.width || update.height != head_.height || update.grid != grid_) {
    return "an update of another geometry";
  }
  return find_problem_of_atlas(update, atlas);
}

// Fills `found_`.
std::string_view JoinedPicture::find_problem_of_atlas(const SegmentUpdate& update,
                                                      std::string_view atlas) {
  const auto head = read_jpeg_head(atlas);
  if (!head) return "the atlas is not a JPEG in segments";
  if (!has_head_of(atlas)) return "the atlas has other tables than the whole frame";
  const auto columns = static_cast<size_t>(update.atlas_columns);
  const size_t rows = (update.count() + columns - 1) / columns;
  if (static_cast<size_t>(head->width) != columns * static_cast<size_t>(grid_.width) ||
      static_cast<size_t>(head->height) != rows * static_cast<size_t>(grid_.height)) {
    return "the atlas has other dimensions than its message says";
  }
  SegmentGrid grid;
  if (!find_segments(as_bytes(atlas), grid, found_)) {
    return "the atlas is cut off, or its segments are damaged";
  }
  return size_with(update) <= bytes_max_ ? "" : "the picture has become too large";
}

// All but its dimensions.
bool JoinedPicture::has_head_of(std::string_view atlas) const {
  const size_t end = head_.dimensions + kJpegDimensionsBytes;
  return atlas.size() >= head_.size &&
         atlas.substr(0, head_.dimensions) == bytes_.substr(0, head_.dimensions) &&
         atlas.substr(end, head_.size - end) == bytes_.substr(end, head_.size - end);
}

// The size of the picture with the segments in `found_`.
size_t JoinedPicture::size_with(const SegmentUpdate& update) const {
  size_t size = size_;
  size_t at = 0;
  for (const SegmentRun& run : update.runs) {
    for (size_t number = run.first; number < size_t(run.first) + run.count; ++number, ++at) {
      size -= pieces_[number].size;
      size += found_[at + 1].begin - kSegmentMarkerBytes - found_[at].begin;
    }
  }
  return size;
}

void JoinedPicture::replace(const SegmentUpdate& update, std::string_view atlas) {
  size_ = size_with(update);
  size_t at = 0;
  for (const SegmentRun& run : update.runs) {
    for (size_t number = run.first; number < size_t(run.first) + run.count; ++number, ++at) {
      const size_t begin = found_[at].begin;
      const size_t size = found_[at + 1].begin - kSegmentMarkerBytes - begin;
      pieces_[number] = {bytes_.size(), size};
      bytes_ += atlas.substr(begin, size);
    }
  }
  if (bytes_.size() > kPicturesKept * size_) compact();
}

void JoinedPicture::compact() {
  spare_.clear();
  spare_.append(bytes_, 0, head_.size);
  for (Piece& piece : pieces_) {
    const size_t begin = spare_.size();
    spare_ += bytes_of(piece);
    piece.begin = begin;
  }
  std::swap(bytes_, spare_);
}

char* JoinedPicture::write(char* out) const {
  if (!has_segments()) return copy(bytes_, out);
  const char* const end = out + size_;
  out = copy(std::string_view(bytes_).substr(0, head_.size), out);
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (i > 0) out = write_marker(jpeg_marker::kRst0 + (i - 1) % kRestartNumbers, out);
    out = copy(bytes_of(pieces_[i]), out);
  }
  out = write_marker(jpeg_marker::kEoi, out);
  CHECK(out == end);
  return out;
}

}  // namespace fanlight
