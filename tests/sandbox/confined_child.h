// SPDX-License-Identifier: Apache-2.0
// A child process for tests that confine it: a sandbox cannot be left.
#pragma once

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>

namespace fanlight {

inline constexpr int kThrew = -1000;

// What `run` returned in a child process, kThrew if it threw, or minus the number of the signal
// that ended it. `run` must not use gtest.
int in_child(const std::function<int()>& run);

// The errno of a system call by its result: 0 after a success.
inline int error_of(long result) {
  return result < 0 ? errno : 0;
}

// 0 or the errno of opening it.
int try_open(const std::string& path, int flags);

// As prctl(2): a sandbox needs it.
void set_no_new_privileges();

// Owns: a new folder, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name = "") const;
  // Makes a file.
  std::string file(const std::string& name) const;
  std::string folder(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace fanlight
