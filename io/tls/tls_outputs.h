// SPDX-License-Identifier: Apache-2.0
// TlsOutputs: the buffers in which records are sent, lent to the sessions that are sending.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/check.h"
#include "core/slab.h"

namespace fanlight {

// Owns: the buffers, a few large ones, in which most frames go out in one send, and a small one for
//   each session: viewers that are slow hold theirs for long.
// Thread: its shard's.
class TlsOutputs {
 public:
  static constexpr size_t kSmallBytes = 32 << 10;
  static constexpr size_t kLargeBytes = 128 << 10;
  static constexpr size_t kLargeMax = 64;

  // `sessions`: as many may be sending at the same time. Throws std::system_error when the address
  // space is refused.
  explicit TlsOutputs(size_t sessions) : large_(kLargeMax), small_(sessions) {}

  // A large buffer while there is one. Its content is undefined.
  std::span<char> lend() noexcept {
    if (Buffer<kLargeBytes>* const large = large_.make()) return large->bytes;
    Buffer<kSmallBytes>* const small = small_.make();
    CHECK(small != nullptr);  // there is one for each session
    return small->bytes;
  }

  void take_back(std::span<char> buffer) noexcept {
    if (buffer.size() == kLargeBytes) {
      large_.destroy(reinterpret_cast<Buffer<kLargeBytes>*>(buffer.data()));
    } else {
      small_.destroy(reinterpret_cast<Buffer<kSmallBytes>*>(buffer.data()));
    }
  }

  // Returns the memory that a burst has used.
  void trim() noexcept {
    large_.trim();
    small_.trim();
  }

  size_t used() const noexcept { return large_.used() + small_.used(); }

 private:
  template <size_t kBytes>
  struct Buffer {
    Buffer() {}  // leaves the memory untouched: it is used only as far as records fill it
    std::array<char, kBytes> bytes;
  };

  Slab<Buffer<kLargeBytes>> large_;
  Slab<Buffer<kSmallBytes>> small_;
};

}  // namespace fanlight
