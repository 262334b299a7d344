// SPDX-License-Identifier: Apache-2.0
#include "capture/source/picture_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "capture/jpeg/jpeg_check.h"
#include "core/fd.h"

namespace fanlight {
namespace {

// SOI, ITU-T T.81 table B.1.
constexpr std::byte kStart[] = {std::byte{0xff}, std::byte{0xd8}};

// Reads until `data` has `wanted` bytes; it stays shorter when the file ends earlier or cannot be
// read.
void read_up_to(int fd, size_t wanted, std::vector<std::byte>& data) {
  size_t size = data.size();
  data.resize(wanted);
  while (size < wanted) {
    const ssize_t got = ::read(fd, data.data() + size, wanted - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  data.resize(size);
}

std::string words_of(int error) {
  return std::system_category().message(error);
}

// Opens `name` and reads its first bytes into `file`. Nothing when it is not a picture; `file` then
// has the reason.
Fd begin(int directory_fd, const std::string& name, size_t bytes_max, PictureFile& file) {
  // Without O_NONBLOCK the open would wait for a writer if this is a FIFO (fifo(7)).
  Fd fd(::openat(directory_fd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    file.problem = words_of(errno);
    return {};
  }
  file.version = FileVersion::of(status);
  if (S_ISREG(status.st_mode)) read_up_to(fd.get(), sizeof kStart, file.jpeg);
  if (!S_ISREG(status.st_mode)) {
    file.problem = "not a file";
  } else if (status.st_size == 0) {
    file.problem = "empty";
  } else if (!std::ranges::equal(file.jpeg, kStart)) {
    file.problem = "not a JPEG";
  } else if (file.version.size > bytes_max) {
    file.problem = fmt::format("larger than {} bytes", bytes_max);
  }
  file.is_other = !file.ok() && status.st_size > 0;
  return file.ok() ? std::move(fd) : Fd();
}

}  // namespace

// Some disks store times beyond nanoseconds in 64 bits, and any user can set them.
FileVersion FileVersion::of(const struct stat& status) {
  constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
  constexpr int64_t kSecondsMax = 4'102'444'800;  // of 2100
  const int64_t seconds = std::clamp<int64_t>(status.st_mtim.tv_sec, 0, kSecondsMax);
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<uint64_t>(status.st_size),
          .modified_ns = seconds * kNanosecondsPerSecond + status.st_mtim.tv_nsec};
}

WallTime FileVersion::modified() const {
  return WallTime(std::chrono::floor<std::chrono::microseconds>(Duration(modified_ns)));
}

PictureFile read_picture_file(int directory_fd, const std::string& name, size_t bytes_max) {
  PictureFile file;
  const Fd fd = begin(directory_fd, name, bytes_max, file);
  if (!fd) return file;
  read_up_to(fd.get(), file.version.size, file.jpeg);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || FileVersion::of(status) != file.version) {
    file.problem = "being written";
    return file;
  }
  const JpegCheck check = check_verbatim_jpeg(file.jpeg);
  file.problem = check.problem;
  file.width = check.width;
  file.height = check.height;
  return file;
}

PictureFile peek_picture_file(int directory_fd, const std::string& name, size_t bytes_max) {
  PictureFile file;
  begin(directory_fd, name, bytes_max, file);
  file.jpeg.clear();
  return file;
}

}  // namespace fanlight
