// SPDX-License-Identifier: Apache-2.0
// FramePool: the frames of the bare server, each in the plain form of core/part.h, in one piece.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/time.h"

namespace fanlight {

// Owns: one mapping (send) or one memfd (sendfile) that holds all frames, and the JPEGs.
// Thread: one.
// Invariant: the newest frame and pinned frames are not rewritten. In the memfd, pages of other
// frames are replaced instead of rewritten, since sockets may still hold them.
class FramePool {
 public:
  enum class Memory { mapping, memfd };
  static constexpr uint32_t kPlaces = 256;

  struct Frame {
    const char* data = nullptr;  // nullptr in a memfd
    off_t offset = 0;            // in the mapping or the memfd
    size_t head_size = 0;
    size_t size = 0;  // head, JPEG and delimiter
    uint32_t pins = 0;
  };

  // Throws std::system_error when the kernel refuses the memory.
  FramePool(std::vector<std::string> jpegs, Memory memory);
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool();

  // Makes the next frame the newest one. False when slow viewers hold every place: it is dropped.
  bool advance(WallTime now);

  uint32_t newest() const { return newest_; }
  uint64_t sequence() const { return sequence_; }
  Frame& operator[](uint32_t index) { return frames_[index]; }
  int memfd() const { return memfd_.get(); }
  void* memory() const { return memory_; }
  size_t memory_size() const { return stride_ * kPlaces; }

 private:
  void write(Frame& frame, const std::string& jpeg, WallTime now);

  std::vector<std::string> jpegs_;
  size_t stride_ = 0;
  char* memory_ = nullptr;
  Fd memfd_;
  std::array<Frame, kPlaces> frames_{};
  uint32_t newest_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace fanlight
