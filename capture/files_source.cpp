// SPDX-License-Identifier: Apache-2.0
#include "capture/files_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "capture/jpeg_check.h"
#include "core/fd.h"
#include "core/log.h"

namespace fanlight {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Reads on until `data` has `wanted` bytes; it stays shorter when the file ends before or cannot be
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

// SOI, ITU-T T.81 table B.1.
bool begins_like_jpeg(std::span<const std::byte> data) {
  return data.size() >= 2 && data[0] == std::byte{0xff} && data[1] == std::byte{0xd8};
}

[[noreturn]] void fail(int error, std::string_view what) {
  throw std::system_error(error, std::system_category(), std::string(what));
}

std::vector<std::string> names_in(DIR* directory) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

FilesSource::FilesSource(std::string_view directory, const SourceOptions& options,
                         CameraClock& clock, size_t bytes_max)
    : directory_(directory),
      format_{0, 0, frame_interval(options, 10), 0},
      clock_(clock),
      pacer_(clock, format_.interval) {
  if (directory_.empty()) throw std::invalid_argument("files: needs a directory: files:DIR");
  const std::unique_ptr<DIR, CloseDirectory> opened(::opendir(directory_.c_str()));
  if (!opened) fail(errno, fmt::format("files:{}", directory_));
  size_t bytes_left = bytes_max;
  for (const std::string& name : names_in(opened.get())) {
    load(::dirfd(opened.get()), name, bytes_left);
  }
  if (files_.empty()) fail(ENOENT, fmt::format("files:{}: no JPEG in it", directory_));
  format_.width = files_.front().width;
  format_.height = files_.front().height;
}

void FilesSource::load(int directory_fd, const std::string& name, size_t& bytes_left) {
  const auto skip = [&](std::string_view why) {
    log_warning("files:{}: {} skipped: {}", directory_, name, why);
  };
  // Without O_NONBLOCK the open would wait for somebody to write to a FIFO (fifo(7)).
  const Fd fd(::openat(directory_fd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return skip(std::system_category().message(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return skip(std::system_category().message(errno));
  if (!S_ISREG(status.st_mode)) return;

  // A large file that is no JPEG must neither be read nor count.
  const auto size = static_cast<size_t>(status.st_size);
  std::vector<std::byte> jpeg;
  read_up_to(fd.get(), std::min<size_t>(size, 2), jpeg);
  if (size == 0 || !begins_like_jpeg(jpeg)) return skip(size == 0 ? "empty" : "not a JPEG");
  if (size > bytes_left) {
    fail(EFBIG, fmt::format("files:{}: more pictures than the memory for them holds", directory_));
  }
  read_up_to(fd.get(), size, jpeg);
  const JpegCheck check = check_verbatim_jpeg(jpeg);
  if (!check.ok()) return skip(check.problem);
  bytes_left -= jpeg.size();
  format_.jpeg_bytes_max = std::max(format_.jpeg_bytes_max, jpeg.size());
  files_.push_back({std::move(jpeg), check.width, check.height});
}

std::optional<Picture> FilesSource::next(Instant deadline) {
  if (!pacer_.wait(deadline)) return std::nullopt;
  const File& file = files_[turn_];
  turn_ = (turn_ + 1) % files_.size();
  return Picture{.jpeg = file.jpeg,
                 .raw = {},
                 .width = file.width,
                 .height = file.height,
                 .captured_wall = clock_.wall_now(),
                 .captured_at = clock_.now(),
                 .is_verbatim = true};
}

}  // namespace fanlight
