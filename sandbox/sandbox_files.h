// SPDX-License-Identifier: Apache-2.0
// Sandbox files: what the process may still open once it is in its sandbox.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

enum class FileUse {
  list,     // folders
  read,     // files and folders
  append,   // files are created and written, nothing is read
  keep,     // files are created, read, written, cut and removed
  devices,  // files are read and written, with ioctl(2)
  remove,   // files are removed
};

// Applies to a file, or to everything below a folder.
struct SandboxFile {
  std::string path;  // absolute, without symbolic links
  FileUse use;
};

// Owns: the list. A file that is not there when it is added is left out, unless stated otherwise.
// Thread: main's.
//
// The kernel remembers a file, not its name: another file that is renamed to that name, as editors,
// certbot(1) and logrotate(8) do, is outside. What is opened again later is therefore permitted by
// its folder.
class SandboxFiles {
 public:
  void list(std::string_view folder) { add(folder, FileUse::list); }
  void read(std::string_view path) { add(path, FileUse::read); }

  // A file that is read again later, though it may have been replaced: its folder, and that of the
  // file that a symbolic link leads to. If it is missing, as read_when_there().
  void read_again(std::string_view path);

  // A folder that may not be there yet: in that case the nearest that exists, with a note, unless
  // that is the root.
  void read_when_there(std::string_view folder);

  // A log: its folder, if it is a regular file or is not there yet, so that it can be opened again.
  void append(std::string_view path);

  // A file with companions, as a database has: its folder.
  void keep(std::string_view path);

  // A file that is removed at the end: its folder.
  void remove(std::string_view path);

  void devices(std::string_view path) { add(path, FileUse::devices); }

  // Connections to TCP ports of other machines; none without this.
  void allow_connections() { may_connect_ = true; }

  std::span<const SandboxFile> files() const { return files_; }
  bool may_connect() const { return may_connect_; }

  // For the log, where more is permitted than one would expect.
  std::span<const std::string> notes() const { return notes_; }

  // Whether the file can be read in the sandbox, as far as this list decides.
  bool can_read(std::string_view path) const;

 private:
  void add(std::string_view path, FileUse use);
  void note(std::string text);

  std::vector<SandboxFile> files_;
  std::vector<std::string> notes_;
  bool may_connect_ = false;
};

}  // namespace fanlight
