// SPDX-License-Identifier: Apache-2.0
#include "capture/source/files_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace fanlight {
namespace {

// Files that turn out to be unusable when their turn comes; reading more would block the camera's
// thread.
constexpr int kTriesMax = 8;

std::string path_of(std::string_view directory) {
  if (directory.empty()) throw std::invalid_argument("files: needs a directory: files:DIR");
  return std::string(directory);
}

}  // namespace

FilesSource::FilesSource(std::string_view directory, const SourceOptions& options,
                         CameraClock& clock, size_t kept_bytes_max)
    : shown_(fmt::format("files:{}", directory)),
      format_{0, 0, frame_interval(options, 10), 0},
      clock_(clock),
      pacer_(clock, format_.interval),
      folder_(path_of(directory), "", shown_),
      bytes_left_(kept_bytes_max) {
  follow(LogLevel::warning);
  while (!files_.empty() && !turn()) {
  }
  if (files_.empty()) {
    throw std::system_error(ENOENT, std::system_category(), shown_ + ": no JPEG in it");
  }
  format_.width = playing_->width;
  format_.height = playing_->height;
  last_.clear();
}

std::optional<Picture> FilesSource::next(Instant deadline) {
  if (!pacer_.wait(deadline)) return std::nullopt;
  follow(LogLevel::debug);
  if (files_.empty()) {
    throw std::system_error(ENOENT, std::system_category(), shown_ + ": no JPEG left in it");
  }
  for (int i = 0; i < kTriesMax && !files_.empty(); ++i) {
    if (!turn()) continue;
    return Picture{.jpeg = playing_->jpeg,
                   .raw = {},
                   .width = playing_->width,
                   .height = playing_->height,
                   .captured_wall = clock_.wall_now(),
                   .captured_at = clock_.now(),
                   .is_verbatim = true};
  }
  return std::nullopt;
}

// `level`: for the lines about skipped files. At startup a missing picture has to be explained;
// later it is mostly one that is still being written.
void FilesSource::follow(LogLevel level) {
  for (const PictureFolder::Change& change : folder_.look(clock_.now())) {
    if (change.is_gone) {
      forget(change.name);
    } else {
      take(change.name, change.version, level);
    }
  }
}

void FilesSource::take(const std::string& name, const FileVersion& version, LogLevel level) {
  const auto known = files_.find(name);
  const size_t kept = known == files_.end() ? 0 : known->second.jpeg.size();
  const bool fits = version.size <= bytes_left_ + kept;
  PictureFile file = fits ? read_picture_file(folder_.directory_fd(), name, kPictureBytesMax)
                          : peek_picture_file(folder_.directory_fd(), name, kPictureBytesMax);
  if (file.is_other) forget(name);
  if (!file.ok()) return skip(name, file.problem, level);
  format_.jpeg_bytes_max = std::max<size_t>(format_.jpeg_bytes_max, file.version.size);
  keep(name, std::move(file));
}

// A file that grew between the two checks is kept or not according to its size now.
void FilesSource::keep(const std::string& name, PictureFile file) {
  forget(name);
  if (file.jpeg.size() > bytes_left_) file.jpeg.clear();
  bytes_left_ -= file.jpeg.size();
  files_.emplace(name, File{std::move(file.jpeg), file.width, file.height});
}

void FilesSource::forget(const std::string& name) {
  const auto known = files_.find(name);
  if (known == files_.end()) return;
  bytes_left_ += known->second.jpeg.size();
  files_.erase(known);
}

void FilesSource::skip(const std::string& name, std::string_view problem, LogLevel level) const {
  log(level, "{}: {} skipped: {}", shown_, name, problem);
}

// Plays the file whose turn it is; false when it is no longer a picture. The folder reports when it
// is one again.
bool FilesSource::turn() {
  auto next = files_.upper_bound(last_);
  if (next == files_.end()) next = files_.begin();
  last_ = next->first;
  playing_ = &next->second;
  if (!playing_->jpeg.empty()) return true;
  PictureFile file = read_picture_file(folder_.directory_fd(), last_, kPictureBytesMax);
  if (!file.ok()) {
    skip(last_, file.problem, LogLevel::warning);
    forget(last_);
    return false;
  }
  on_turn_ = {std::move(file.jpeg), file.width, file.height};
  playing_ = &on_turn_;
  return true;
}

}  // namespace fanlight
