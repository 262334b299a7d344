// SPDX-License-Identifier: Apache-2.0
// JoinedPicture: whole JPEGs out of updates, without decoding.
//
// It keeps the head of a whole frame and the newest bytes of each segment. What it writes is, byte
// for byte, the server's frame if all segments are of that; a segment that did not change enough to
// be sent is still that of an older frame, as on every viewer's screen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/segment_index.h"
#include "core/segments/update_message.h"

namespace fanlight {

// Owns: the bytes of the picture, and of segments that have been replaced since it was compacted.
// Thread: one at a time.
// Invariants: what write() writes has the head of a whole frame and segments without markers in
//   them; it is not longer than `bytes_max`, and the memory is three times as much at most. A
//   refused update changes nothing, except that all others are refused until the next whole frame.
class JoinedPicture {
 public:
  explicit JoinedPicture(size_t bytes_max) : bytes_max_(bytes_max) {}

  // From now on as before the first frame; keeps the memory.
  void forget();

  // Also of a frame without segments, or of something that is not a JPEG: kept as it is, and only
  // empty updates apply to it. Of more than `bytes_max` nothing is kept.
  void take_whole(std::string_view jpeg, uint64_t sequence);

  // `message` has an update; `atlas` is its binary message, empty if the update is. Returns the
  // problem, in words, a constant; empty if the picture is now that of the message's frame.
  std::string_view take_update(const UpdateMessage& message, std::string_view atlas);

  // Writes the picture: head, segments with their restart markers in order, EOI. Returns its end in
  // `out`, which has room for size().
  char* write(char* out) const;
  size_t size() const { return size_; }  // of the picture, bytes
  // Of the frame that it is; nothing before the first whole frame and after a refused update.
  std::optional<uint64_t> sequence() const { return sequence_; }
  bool has_segments() const { return !pieces_.empty(); }
  // The memory of the picture and of what it replaced.
  size_t held_bytes() const { return bytes_.capacity() + spare_.capacity(); }

 private:
  // A segment's place in `bytes_`.
  struct Piece {
    size_t begin = 0;
    size_t size = 0;
  };

  std::string_view find_problem(const UpdateMessage& message, std::string_view atlas);
  size_t size_with(const SegmentUpdate& update) const;
  void replace(const SegmentUpdate& update, std::string_view atlas);
  void compact(size_t size);
  std::string_view kept() const { return {bytes_.data(), bytes_.size()}; }
  std::string_view bytes_of(const Piece& piece) const {
    return kept().substr(piece.begin, piece.size);
  }

  const size_t bytes_max_;
  // Vectors, because a string reserves more than it is told to.
  std::vector<char> bytes_;  // a whole frame's, and those of new segments behind them
  size_t size_ = 0;
  std::optional<uint64_t> sequence_;
  size_t head_size_ = 0;  // in `bytes_`
  SegmentGrid grid_{};
  std::vector<Piece> pieces_;   // one for each segment; empty: the frame has none
  std::vector<Segment> found_;  // room for the segments of a frame or an atlas
  std::vector<char> spare_;     // for compact()
};

}  // namespace fanlight
