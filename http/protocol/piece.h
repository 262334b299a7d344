// SPDX-License-Identifier: Apache-2.0
// Piece: what a connection is sending: up to three slices of memory, as sendmsg(2) takes them.
//
// Normally it is one slice of a frame, sent with SEND; the seed's boundary, the end of a stream,
// and answers with a body use more slices and are sent with one SENDMSG.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: nothing; the slices must stay valid until all of it is sent.
// Thread: its connection's shard.
// Invariant: no slice in remaining() is empty.
class Piece {
 public:
  Piece() = default;
  Piece(std::string_view a, std::string_view b = {}, std::string_view c = {}) {
    add(a);
    add(b);
    add(c);
  }

  size_t size() const { return sent_ + left_; }
  size_t sent() const { return sent_; }
  bool complete() const { return left_ == 0; }

  // The kernel has taken `bytes` more.
  void advance(size_t bytes) {
    CHECK(bytes <= left_);
    sent_ += bytes;
    left_ -= bytes;
    while (bytes > 0) {
      iovec& slice = slices_[next_];
      const size_t taken = std::min(bytes, slice.iov_len);
      slice.iov_base = static_cast<char*>(slice.iov_base) + taken;
      slice.iov_len -= taken;
      bytes -= taken;
      if (slice.iov_len == 0) ++next_;
    }
  }

  // The remaining bytes if the piece has only one slice; else empty.
  std::string_view single() const {
    if (count_ != 1 || complete()) return {};
    return {static_cast<const char*>(slices_[0].iov_base), slices_[0].iov_len};
  }

  // Of the remaining slices, the first; empty when there is none.
  std::string_view first() const {
    if (complete()) return {};
    return {static_cast<const char*>(slices_[next_].iov_base), slices_[next_].iov_len};
  }

  // What remains, for sendmsg(2). Valid as long as the piece is neither moved nor advanced.
  std::span<iovec> remaining() { return std::span(slices_).subspan(next_, size_t{count_} - next_); }

 private:
  void add(std::string_view slice) {
    if (slice.empty()) return;
    slices_[count_++] = {const_cast<char*>(slice.data()), slice.size()};
    left_ += slice.size();
  }

  std::array<iovec, 3> slices_;
  size_t sent_ = 0;
  size_t left_ = 0;
  uint8_t count_ = 0;
  uint8_t next_ = 0;  // the first slice that is not sent completely
};

}  // namespace fanlight
