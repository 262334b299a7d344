// SPDX-License-Identifier: Apache-2.0
#include "capture/source/latest_source.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

#include "capture/jpeg/exif_time.h"

namespace fanlight {
namespace {

constexpr Duration kRepeatEvery = 1s;
// EXIF has whole seconds, rounded differently by each camera, and a file's clock has ticks.
constexpr Duration kExifSlack = 2s;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::system_category(), what);
}

// What a path refers to: a folder, or one file in it.
struct Place {
  std::string folder;
  std::string only;
};

Place place_of(const std::string& path, const std::string& shown) {
  if (path.empty()) throw std::invalid_argument("latest: needs a folder or a file: latest:PATH");
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail(errno, shown);
  if (S_ISDIR(status.st_mode)) return {path, ""};
  const std::filesystem::path file(path);
  return {file.has_parent_path() ? file.parent_path().string() : ".", file.filename().string()};
}

PictureFolder open_folder(std::string_view path, const std::string& shown) {
  Place place = place_of(std::string(path), shown);
  return PictureFolder(std::move(place.folder), std::move(place.only), shown);
}

}  // namespace

WallTime capture_time(const PictureFile& file) {
  const WallTime written = file.version.modified();
  const std::optional<WallTime> taken = exif_capture_time(file.jpeg);
  return taken && *taken <= written + std::chrono::floor<std::chrono::microseconds>(kExifSlack)
             ? *taken
             : written;
}

LatestSource::LatestSource(std::string_view path, const SourceOptions& options, CameraClock& clock)
    : shown_(fmt::format("latest:{}", path)),
      clock_(clock),
      pace_(options.fps > 0 ? frame_interval(options, 1) : Duration::zero()),
      folder_(open_folder(path, shown_)),
      format_{0, 0, std::max(kRepeatEvery, pace_), 0} {
  look();
  if (!is_new_) {
    fail(ENOENT,
         fmt::format("{}: no whole JPEG{}{}", shown_, problem_.empty() ? "" : ", ", problem_));
  }
  format_.width = newest_.width;
  format_.height = newest_.height;
  format_.jpeg_bytes_max = newest_.jpeg.size();
}

std::optional<Picture> LatestSource::next(Instant deadline) {
  for (;;) {
    const Instant wanted = is_new_ ? due_ : folder_.is_empty() ? kNever : repeat_at_;
    if (clock_.now() >= wanted) return hand_over();
    if (clock_.now() >= deadline) return std::nullopt;
    const Wake wake =
        clock_.wait(folder_.fd(), POLLIN, std::min({deadline, folder_.look_at(), wanted}));
    if (wake == Wake::stop || wake == Wake::interrupted) return std::nullopt;
    if (wake == Wake::ready || clock_.now() >= folder_.look_at()) look();
  }
}

// Takes the newest whole picture among the changes. A file that is not yet whole is reported again.
void LatestSource::look() {
  std::vector<PictureFolder::Change> news = folder_.look(clock_.now());
  std::erase_if(news, [this](const auto& change) { return !is_news(change); });
  std::sort(news.begin(), news.end(), [](const auto& a, const auto& b) {
    return std::tie(a.version.modified_ns, a.name) > std::tie(b.version.modified_ns, b.name);
  });
  for (const PictureFolder::Change& change : news) {
    if (take(change)) return;
  }
}

bool LatestSource::is_news(const PictureFolder::Change& change) const {
  if (change.is_gone) return false;
  return change.name == name_ || name_.empty() || change.version.modified() >= written_;
}

// False when it is not a whole picture.
bool LatestSource::take(const PictureFolder::Change& change) {
  PictureFile file = read_picture_file(folder_.directory_fd(), change.name, kPictureBytesMax);
  if (!file.ok()) {
    problem_ = fmt::format("{}: {}", change.name, file.problem);
    return false;
  }
  name_ = change.name;
  // A file written while the clock was ahead must not keep later pictures out.
  written_ = std::min(file.version.modified(), clock_.wall_now());
  if (file.jpeg == newest_.jpeg) return true;
  newest_ = std::move(file);
  captured_ = capture_time(newest_);
  // The same on the monotonic clock, which may have started later.
  const Duration age = std::max<Duration>(clock_.wall_now() - captured_, Duration::zero());
  captured_at_ = std::max(clock_.now() - age, Instant(1ns));
  is_new_ = true;
  return true;
}

Picture LatestSource::hand_over() {
  const Instant now = clock_.now();
  const bool is_repeat = !std::exchange(is_new_, false);
  if (!is_repeat) due_ = now + pace_;
  repeat_at_ = now + kRepeatEvery;
  return Picture{.jpeg = newest_.jpeg,
                 .raw = {},
                 .width = newest_.width,
                 .height = newest_.height,
                 .captured_wall = captured_,
                 .captured_at = captured_at_,
                 .is_repeat = is_repeat};
}

SourceDescription LatestSource::describe() const {
  return {.device = shown_,
          .format = fmt::format("JPEG {}x{}, passed through", format_.width, format_.height),
          .via = {}};
}

}  // namespace fanlight
