// SPDX-License-Identifier: Apache-2.0
#include "capture/source/picture_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>
#include <utility>

#include "capture/source/names_in.h"

namespace fanlight {
namespace {

constexpr Duration kLookEvery = 1s;
constexpr Duration kLookPerFile = 1ms;

// IN_CREATE is for links, which are whole when created; IN_CLOSE_WRITE follows for files.
constexpr uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

PictureFolder::PictureFolder(std::string path, std::string only, std::string shown)
    : path_(std::move(path)),
      only_(std::move(only)),
      shown_(std::move(shown)),
      directory_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_) fail(errno);
  // Watched before it is listed, so that nothing is missed.
  inotify_ = Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (inotify_) ::inotify_add_watch(inotify_.get(), path_.c_str(), kEvents);
}

std::vector<PictureFolder::Change> PictureFolder::look(Instant now) {
  Names names;
  const bool is_complete = drain(names) && now < look_at_;
  std::vector<Change> changes;
  for (const std::string& name : names) note(name, true, changes);
  if (is_complete) return changes;
  check_path();
  const Names there = list();
  Names known;
  for (const auto& [name, version] : files_) known.insert(name);
  known.insert(there.begin(), there.end());
  for (const std::string& name : known) {
    if (!names.contains(name)) note(name, false, changes);
  }
  look_at_ = now + std::max(kLookEvery, kLookPerFile * static_cast<int64_t>(files_.size()));
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.name < b.name; });
  return changes;
}

// False when events were lost, or one of them concerns the folder itself.
bool PictureFolder::drain(Names& names) {
  bool is_complete = true;
  alignas(inotify_event) char buffer[16 * (sizeof(inotify_event) + NAME_MAX + 1)];
  while (inotify_) {
    const ssize_t bytes = ::read(inotify_.get(), buffer, sizeof buffer);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    for (const char* next = buffer; next < buffer + bytes;) {
      inotify_event event{};
      std::memcpy(&event, next, sizeof event);
      // The name is padded with zeros to a multiple of the alignment.
      const char* name = next + sizeof event;
      const std::string_view text(name, ::strnlen(name, event.len));
      next = name + event.len;
      if (text.empty()) is_complete = false;
      if (counts(text)) names.emplace(text);
    }
  }
  return is_complete;
}

// Checks what is at the path by now.
void PictureFolder::check_path() const {
  struct stat mine {};
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0 || ::fstat(directory_.get(), &mine) != 0) fail(errno);
  if (mine.st_dev != now.st_dev || mine.st_ino != now.st_ino) fail(ENOENT);
}

bool PictureFolder::counts(std::string_view name) const {
  if (!only_.empty()) return name == only_;
  return !name.empty() && !name.starts_with('.');
}

PictureFolder::Names PictureFolder::list() const {
  if (!only_.empty()) return {only_};
  std::error_code error;
  std::vector<std::string> all = names_in(directory_.get(), ".", error);
  if (error) fail(error.value());
  Names names;
  for (std::string& name : all) {
    if (counts(name)) names.insert(std::move(name));
  }
  return names;
}

// An event reports a change that the file's version may not show: file times have ticks of a few
// milliseconds, on some disks of two seconds.
void PictureFolder::note(const std::string& name, bool is_event, std::vector<Change>& changes) {
  const auto known = files_.find(name);
  struct stat status {};
  const bool is_there = ::fstatat(directory_.get(), name.c_str(), &status, 0) == 0;
  if (!is_there || !S_ISREG(status.st_mode)) {
    if (known == files_.end()) return;
    files_.erase(known);
    changes.push_back({.name = name, .is_gone = true});
    return;
  }
  const FileVersion version = FileVersion::of(status);
  if (known != files_.end() && known->second == version && !is_event) return;
  files_.insert_or_assign(name, version);
  changes.push_back({.name = name, .version = version});
}

void PictureFolder::fail(int error) const {
  throw std::system_error(error, std::system_category(), shown_);
}

}  // namespace fanlight
