// SPDX-License-Identifier: Apache-2.0
// names_in(): what is in a folder.
//
// std::filesystem::directory_iterator would do, but libstdc++'s allocates in functions that are
// noexcept: where memory is short, it ends the process.
#pragma once

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/fd.h"

namespace fanlight {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The names in the folder `path`, in its own order, without "." and "..". A relative path begins at
// the folder `at`, a descriptor. If the folder cannot be opened or be read to its end, the reason
// is in `error`, and what was read is returned. Throws std::bad_alloc.
inline std::vector<std::string> names_in(int at, const char* path, std::error_code& error) {
  std::vector<std::string> names;
  error.clear();
  Fd folder(::openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseDirectory> opened(folder ? ::fdopendir(folder.get()) : nullptr);
  if (opened) {
    static_cast<void>(folder.release());
    errno = 0;  // at the end readdir(3) leaves it as it is
    while (const dirent* entry = ::readdir(opened.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
  }
  if (errno != 0) error.assign(errno, std::system_category());
  return names;
}

// The same for an absolute path, or one that begins at the current folder.
inline std::vector<std::string> names_in(const std::string& path, std::error_code& error) {
  return names_in(AT_FDCWD, path.c_str(), error);
}

}  // namespace fanlight
