// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "core/fd.h"

namespace fanlight {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Where links lead, if there is a file; else `path`.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path.c_str(), nullptr),
                                                          &std::free);
  if (found != nullptr) return found.get();
  if (errno != ENOENT) fail("realpath");
  return path;
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return found;
  if (errno != ENOENT) fail("stat");
  return {};
}

void write_all(const Fd& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    text.remove_prefix(static_cast<size_t>(written));
  }
}

// A temporary file, which mkostemp(3) makes with the mode 0600.
// Owns: the file until it is kept. Thread: one.
class Draft {
 public:
  explicit Draft(const std::string& path) : name_(path + ".XXXXXX") {
    file_ = Fd(::mkostemp(name_.data(), O_CLOEXEC));
    if (!file_) fail("mkostemp");
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!is_kept_) ::unlink(name_.c_str());
  }

  void write(std::string_view text) { write_all(file_, text); }
  void take_after(const struct stat& old) {
    if (::fchown(file_.get(), old.st_uid, old.st_gid) != 0) fail("fchown");
    if (::fchmod(file_.get(), old.st_mode & (S_IRWXU | S_IRWXG)) != 0) fail("fchmod");
  }
  void keep_as(const std::string& path) {
    if (::fsync(file_.get()) != 0) fail("fsync");
    if (::rename(name_.c_str(), path.c_str()) != 0) fail("rename");
    is_kept_ = true;
  }

 private:
  std::string name_;
  Fd file_;
  bool is_kept_ = false;
};

}  // namespace

void replace_file(const std::string& path, std::string_view text) {
  const std::string target = resolved(path);
  Draft draft(target);
  if (const auto old = status_of(target)) draft.take_after(*old);
  draft.write(text);
  draft.keep_as(target);
  // The name is in the folder, which is written by itself.
  const std::filesystem::path folder = std::filesystem::path(target).parent_path();
  const Fd opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) ::fsync(opened.get());
}

}  // namespace fanlight
