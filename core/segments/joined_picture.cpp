// SPDX-License-Identifier: Apache-2.0
#include "core/segments/joined_picture.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/segments/check_update.h"
#include "core/segments/find_segments.h"
#include "core/segments/segment_writer.h"

namespace fanlight {
namespace {

// Enough for a whole one, and new segments in place of all that it has.
constexpr size_t kPicturesKept = 2;

// Empties the memory. What it had is returned before it gets more, so that it never has both.
void make_room(std::vector<char>& memory, size_t size) {
  if (memory.capacity() < size) memory = std::vector<char>();
  memory.reserve(size);
  memory.clear();
}

void append(std::string_view bytes, std::vector<char>& memory) {
  memory.insert(memory.end(), bytes.begin(), bytes.end());
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
  make_room(bytes_, jpeg.size());
  append(jpeg, bytes_);
  size_ = jpeg.size();
  sequence_ = sequence;
  if (!find_segments(jpeg, grid_, found_)) return;
  head_size_ = found_[0].begin;
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

// Fills `found_` if there is an atlas and no problem.
std::string_view JoinedPicture::find_problem(const UpdateMessage& message, std::string_view atlas) {
  const SegmentUpdate& update = *message.update;
  if (!sequence_) return "an update without a whole frame before it";
  if (update.base != *sequence_) return "an update of a frame that is not the last one";
  if (update.empty()) return atlas.empty() ? "" : "an atlas for an empty update";
  if (!has_segments()) return "an update of a frame without segments";
  const std::string_view problem = check_update(update, kept(), atlas);
  if (!problem.empty()) return problem;
  SegmentGrid grid;
  if (!find_segments(atlas, grid, found_)) {
    return "the atlas is cut off, or its segments are damaged";
  }
  return size_with(update) <= bytes_max_ ? "" : "the picture has become too large";
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
  const size_t size_after = size_with(update);
  // An atlas is larger than its segments.
  if (atlas.size() > bytes_.capacity() - bytes_.size()) compact(std::max(size_, size_after));
  size_ = size_after;
  size_t at = 0;
  for (const SegmentRun& run : update.runs) {
    for (size_t number = run.first; number < size_t(run.first) + run.count; ++number, ++at) {
      const size_t begin = found_[at].begin;
      const size_t size = found_[at + 1].begin - kSegmentMarkerBytes - begin;
      pieces_[number] = {bytes_.size(), size};
      append(atlas.substr(begin, size), bytes_);
    }
  }
}

// Leaves room for a picture of `size` beside the present one, which is not larger.
void JoinedPicture::compact(size_t size) {
  make_room(spare_, size_);
  append(kept().substr(0, head_size_), spare_);
  for (Piece& piece : pieces_) {
    const size_t begin = spare_.size();
    append(bytes_of(piece), spare_);
    piece.begin = begin;
  }
  make_room(bytes_, kPicturesKept * size);
  append({spare_.data(), spare_.size()}, bytes_);
}

char* JoinedPicture::write(char* out) const {
  if (!has_segments()) return std::copy(kept().begin(), kept().end(), out);
  const char* const end = out + size_;
  SegmentWriter writer(kept().substr(0, head_size_), out);
  for (const Piece& piece : pieces_) writer.add(bytes_of(piece));
  out = writer.finish();
  CHECK(out == end);
  return out;
}

}  // namespace fanlight
