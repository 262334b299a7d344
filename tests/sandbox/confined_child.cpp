// SPDX-License-Identifier: Apache-2.0
#include "tests/sandbox/confined_child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <fstream>

#include "core/check.h"

namespace fanlight {

int in_child(const std::function<int()>& run) {
  int ends[2];
  CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    int result = kThrew;
    try {
      result = run();
    } catch (const std::exception& error) {
      fmt::print(stderr, "the child threw: {}\n", error.what());
    }
    CHECK(::write(ends[1], &result, sizeof result) == sizeof result);
    ::_exit(0);
  }
  ::close(ends[1]);
  int result = 0;
  const bool has_result = ::read(ends[0], &result, sizeof result) == sizeof result;
  ::close(ends[0]);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  return has_result ? result : -WTERMSIG(status);
}

int try_open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

void set_no_new_privileges() {
  CHECK(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "fanlight-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = std::filesystem::canonical(name);
}

Folder::~Folder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string Folder::path(const std::string& name) const {
  return name.empty() ? path_.string() : (path_ / name).string();
}

std::string Folder::file(const std::string& name) const {
  std::ofstream(path(name)) << "text\n";
  return path(name);
}

std::string Folder::folder(const std::string& name) const {
  std::filesystem::create_directories(path(name));
  return path(name);
}

}  // namespace fanlight
