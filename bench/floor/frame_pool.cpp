// SPDX-License-Identifier: Apache-2.0
#include "bench/floor/frame_pool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>

#include "core/check.h"
#include "core/part.h"

namespace fanlight {
namespace {

constexpr size_t kPage = 16 << 10;  // the largest page of the machines we know (Pi 5)

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

FramePool::FramePool(std::vector<std::string> jpegs, Memory memory) : jpegs_(std::move(jpegs)) {
  size_t largest = 0;
  for (const std::string& jpeg : jpegs_) largest = std::max(largest, jpeg.size());
  stride_ = (kPartHeadroom + largest + kPartTailSize + kPage - 1) / kPage * kPage;
  if (memory == Memory::memfd) {
    memfd_ = Fd(::memfd_create("frames", MFD_CLOEXEC));
    if (!memfd_ || ::ftruncate(memfd_.get(), static_cast<off_t>(memory_size())) != 0) {
      fail("memfd");
    }
    return;
  }
  void* mapping = ::mmap(nullptr, memory_size(), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) fail("mmap");
  memory_ = static_cast<char*>(mapping);
  // Large pages save TLB misses in the copy into the socket; it also works without them.
  ::madvise(mapping, memory_size(), MADV_HUGEPAGE);
}

FramePool::~FramePool() {
  if (memory_ != nullptr) ::munmap(memory_, memory_size());
}

// The lowest free place, so that fast viewers are served from two places that stay in the cache.
bool FramePool::advance(WallTime now) {
  const uint64_t next = sequence_ + 1;
  for (uint32_t index = 0; index < kPlaces; ++index) {
    if (frames_[index].pins > 0 || (index == newest_ && sequence_ > 0)) continue;
    sequence_ = next;
    frames_[index].offset = static_cast<off_t>(index * stride_);
    write(frames_[index], jpegs_[(next - 1) % jpegs_.size()], now);
    newest_ = index;
    return true;
  }
  return false;
}

void FramePool::write(Frame& frame, const std::string& jpeg, WallTime now) {
  char headroom[kPartHeadroom];
  char tail[kPartTailSize];
  const std::string_view delimiter = kPartDelimiter;
  frame.head_size = write_part_head(headroom, jpeg.size(), now, sequence_, "");
  frame.size = frame.head_size + jpeg.size() + delimiter.size();
  write_part_tail(tail);
  const char* head = headroom + kPartHeadroom - frame.head_size;
  if (memory_ != nullptr) {
    char* const place = memory_ + frame.offset;
    std::memcpy(place, head, frame.head_size);
    std::memcpy(place + frame.head_size, jpeg.data(), jpeg.size());
    std::memcpy(place + frame.head_size + jpeg.size(), tail, delimiter.size());
    frame.data = place;
    return;
  }
  // Pages of the place that sockets still hold are unaffected (fallocate(2)).
  CHECK(::fallocate(memfd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, frame.offset,
                    static_cast<off_t>(stride_)) == 0);
  const iovec pieces[] = {{const_cast<char*>(head), frame.head_size},
                          {const_cast<char*>(jpeg.data()), jpeg.size()},
                          {tail, delimiter.size()}};
  const ssize_t written = ::pwritev(memfd_.get(), pieces, std::size(pieces), frame.offset);
  CHECK(written == static_cast<ssize_t>(frame.size));
}

}  // namespace fanlight
