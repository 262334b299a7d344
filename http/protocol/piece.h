// SPDX-License-Identifier: Apache-2.0
// Piece: what a connection is sending: up to three slices of memory with a common offset.
//
// Normally it is one slice of a frame, sent with SEND; the seed's boundary, the end of a stream,
// and answers with a body use more slices and are sent with one SENDMSG.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: nothing; the slices must stay valid until all of it is sent.
// Thread: its connection's shard.
// Invariant: sent() <= size().
class Piece {
 public:
  Piece() = default;
  Piece(std::string_view a, std::string_view b = {}, std::string_view c = {})
      : slices_{a, b, c}, size_(a.size() + b.size() + c.size()) {}

  size_t size() const { return size_; }
  size_t sent() const { return sent_; }
  bool complete() const { return sent_ == size_; }

  // The kernel has taken `bytes` more.
  void advance(size_t bytes) {
    CHECK(bytes <= size_ - sent_);
    sent_ += bytes;
  }

  // The remaining bytes if they are in one slice; else empty.
  std::string_view single() const {
    return size_ == slices_[0].size() ? slices_[0].substr(sent_) : std::string_view();
  }

  // Fills `vectors` with the remaining non-empty slices and returns their number.
  size_t remaining(std::span<iovec, 3> vectors) const {
    size_t skip = sent_;
    size_t count = 0;
    for (const std::string_view slice : slices_) {
      if (skip >= slice.size()) {
        skip -= slice.size();
        continue;
      }
      vectors[count++] = {const_cast<char*>(slice.data() + skip), slice.size() - skip};
      skip = 0;
    }
    return count;
  }

 private:
  std::array<std::string_view, 3> slices_;
  size_t size_ = 0;
  size_t sent_ = 0;
};

}  // namespace fanlight
