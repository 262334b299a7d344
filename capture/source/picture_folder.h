// SPDX-License-Identifier: Apache-2.0
// PictureFolder: a folder that other programs write to: what was added, changed and removed.
//
// By inotify(7), which reports when a file was closed by its writer, renamed, or removed; and by
// scanning all files periodically, because inotify does not report what other machines do in a
// network folder, what happens behind a link, or events beyond its queue.
#pragma once

#include <sys/inotify.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source/picture_file.h"
#include "core/fd.h"
#include "core/time.h"

namespace fanlight {

// Owns: the folder's descriptor, an inotify instance, the versions of its files.
// Thread: one at a time.
// Invariant: hidden and non-regular files do not count; links are followed.
class PictureFolder {
 public:
  struct Change {
    std::string name;
    FileVersion version{};
    bool is_gone = false;
  };

  // `only`: the one file that counts; empty: all. `shown` begins the texts of errors. Throws
  // std::system_error: open(2)'s errors for the folder. Without inotify (EMFILE, no permission) it
  // still works, with more delay.
  PictureFolder(std::string path, std::string only, std::string shown);

  // Readable (POLLIN) when look() has something to read; -1: never.
  int fd() const noexcept { return inotify_.get(); }
  // When the next scan is due regardless: in a second, or a millisecond per file if that is more.
  Instant look_at() const noexcept { return look_at_; }

  // Changes since the last call, ordered by name; the first call returns all files. A returned file
  // may be unfinished: it is returned again when it has changed. Does not block. Throws
  // std::system_error when the folder is gone, or replaced by another of the same name: ENOENT.
  std::vector<Change> look(Instant now);

  int directory_fd() const noexcept { return directory_.get(); }
  bool is_empty() const noexcept { return files_.empty(); }

 private:
  using Names = std::set<std::string, std::less<>>;

  bool drain(Names& names);
  void check_path() const;
  Names list() const;
  bool counts(std::string_view name) const;
  void note(const std::string& name, bool is_event, std::vector<Change>& changes);
  [[noreturn]] void fail(int error) const;

  const std::string path_;
  const std::string only_;
  const std::string shown_;
  Fd directory_;
  Fd inotify_;
  Instant look_at_{};
  std::map<std::string, FileVersion, std::less<>> files_;
};

}  // namespace fanlight
