// SPDX-License-Identifier: Apache-2.0
#include "core/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {
namespace {

// Since Linux 6.3; missing from the headers of Debian 12. Where vm.memfd_noexec is 2, a memfd
// without it is refused (memfd_create(2)).
constexpr unsigned kNoExecSeal = 0x0008;

bool punch_hole(int fd, size_t offset, size_t size) {
  return ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                     static_cast<off_t>(size)) == 0;
}

// A memfd of `size` bytes that supports punching holes; none when the system does not allow one.
Fd open_file(size_t size) {
  // A limit on file sizes (ulimit -f) is enforced by a signal that would end the process.
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < size) return {};
  Fd fd(::memfd_create("fanlight-frames", MFD_CLOEXEC | kNoExecSeal));
  if (!fd && errno == EINVAL) fd = Fd(::memfd_create("fanlight-frames", MFD_CLOEXEC));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return {};
  if (!punch_hole(fd.get(), 0, size)) return {};
  return fd;
}

}  // namespace

SharedMemory::SharedMemory(size_t size) : fd_(open_file(size)) {
  const int flags = fd_ ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, fd_.get(), 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  bytes_ = {static_cast<std::byte*>(memory), size};
}

SharedMemory::~SharedMemory() {
  ::munmap(bytes_.data(), bytes_.size());
}

void SharedMemory::give_back(size_t offset, size_t size) noexcept {
  CHECK(offset <= bytes_.size() && size <= bytes_.size() - offset);
  if (fd_) {
    CHECK(punch_hole(fd_.get(), offset, size));
  } else {
    CHECK(::madvise(bytes_.data() + offset, size, MADV_DONTNEED) == 0);
  }
}

}  // namespace fanlight
