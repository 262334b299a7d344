// SPDX-License-Identifier: Apache-2.0
// PictureFolder: a folder that other programs write to: what came, changed and went.
//
// By inotify(7), which tells when a file was closed by its writer, renamed, or removed; and by
// looking at all files now and then, because it does not tell what other machines do in a folder
// of the network, nor what happens behind a link, nor events that were too many.
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
// Invariant: hidden files and what is not a regular file do not count; links are followed.
class PictureFolder {
 public:
  struct Change {
    std::string name;
    FileVersion version{};
    bool is_gone = false;
  };

  // `only`: the one file that counts; empty: all. `shown` begins the texts of errors. Throws
  // std::system_error: what open(2) says of the folder. Without inotify (EMFILE, no permission) it
  // works too, later.
  PictureFolder(std::string path, std::string only, std::string shown);

  // Readable (POLLIN) when there is something to look at; -1: never.
  int fd() const noexcept { return inotify_.get(); }
  // When it has to be looked at all the same: in a second, or a millisecond for each of its files.
  Instant look_at() const noexcept { return look_at_; }

  // What happened since the last call, in the order of names; at the first one all that is there.
  // A file that is told may be unfinished: it is told again when it has changed. Does not block.
  // Throws std::system_error when the folder is gone, or another one of its name is there: ENOENT.
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
