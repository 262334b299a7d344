// SPDX-License-Identifier: Apache-2.0
// The bare servers: the kernel's cost for the bytes of a stream, and as little else as possible. No
// parser, no limits, no timeouts: anything up to an empty line is a request.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bench/floor/frame_pool.h"
#include "core/time.h"

namespace fanlight {

// How frames reach the sockets, and the variants of io_uring to compare.
struct FloorOptions {
  enum class Method { send, sendfile, uring };
  Method method = Method::send;
  Duration interval{};   // between two frames; 0: the next one as soon as no viewer waits for it
  bool direct = false;   // sockets as direct descriptors, without a file descriptor
  bool wait_all = true;  // MSG_WAITALL: the kernel completes a frame itself
  bool zero_copy = false;
  bool registered = false;       // the frames' memory is a registered buffer; with zero_copy only
  bool bundle = false;           // head, JPEG and delimiter as a bundle of three buffers
  unsigned batch = 64;           // requests submitted by one system call
  unsigned viewers_max = 16384;  // for direct descriptors; the other variants have no limit
};

struct FloorFigures {
  uint64_t frames = 0;  // sent whole
  uint64_t copied = 0;  // zero-copy sends that the kernel reported as copied
};

// Owns: nothing. Computes when frames are due: at whole intervals from the first one.
class FramePace {
 public:
  explicit FramePace(Duration interval) : interval_(interval) {}
  // Whether there is a pace; otherwise frames are made as they are needed.
  bool is_timed() const { return interval_ > Duration::zero(); }
  Instant due() const { return due_; }
  // True once for each interval that has begun; intervals that were missed are skipped.
  bool take(Instant now) {
    if (now < due_) return false;
    if (due_ == Instant{}) due_ = now;
    due_ += interval_ * ((now - due_) / interval_ + 1);
    return true;
  }

 private:
  Duration interval_;
  Instant due_{};
};

// Finds the empty line that ends a request, across reads. True when it is within `bytes`.
inline bool ends_request(uint8_t& matched, std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  for (const char c : bytes) {
    matched = static_cast<uint8_t>(c == kEnd[matched] ? matched + 1 : c == '\r');
    if (matched == kEnd.size()) return true;
  }
  return false;
}

// Serve on `listener` until `stop`, a descriptor, is readable. `stream_head` precedes the first
// part. Throw std::system_error when the kernel refuses the resources they start with.
FloorFigures serve_by_epoll(const FloorOptions& options, int listener, int stop, FramePool& frames,
                            std::string_view stream_head);
FloorFigures serve_by_uring(const FloorOptions& options, int listener, int stop, FramePool& frames,
                            std::string_view stream_head);

}  // namespace fanlight
