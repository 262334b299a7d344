// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fanlight {
namespace {

namespace fs = std::filesystem;

// Absolute and without symbolic links, as far as it exists.
fs::path real(std::string_view path) {
  std::error_code error;
  fs::path found = fs::weakly_canonical(fs::absolute(fs::path(path), error), error);
  if (error) return fs::path(path);
  return found.has_filename() ? found : found.parent_path();  // "/srv/cam/"
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// The folder that the name is in, not that of the file which a symbolic link leads to; both matter,
// since either may be replaced.
fs::path folder_of(std::string_view path) {
  std::error_code error;
  fs::path whole = fs::absolute(fs::path(path), error).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.parent_path();
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [in_folder, in_path] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return in_folder == folder.end() || (folder == folder.root_path() && path.is_absolute());
}

bool is_readable(FileUse use) {
  return use == FileUse::read || use == FileUse::keep || use == FileUse::devices;
}

}  // namespace

void SandboxFiles::add(std::string_view path, FileUse use) {
  const fs::path found = real(path);
  if (!is_there(found)) return;
  const auto same = [&](const SandboxFile& each) { return each.path == found && each.use == use; };
  if (std::none_of(files_.begin(), files_.end(), same)) files_.push_back({found.string(), use});
}

void SandboxFiles::note(std::string text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) {
    notes_.push_back(std::move(text));
  }
}

// The whole system is not permitted because of one file in its root.
void SandboxFiles::read_again(std::string_view path) {
  read(path);
  for (const fs::path& folder : {folder_of(path), real(path).parent_path()}) {
    if (folder != folder.root_path()) read_when_there(folder.string());
  }
}

void SandboxFiles::read_when_there(std::string_view path) {
  const fs::path wanted = real(path);
  if (is_there(wanted)) return read(path);
  fs::path there = wanted.parent_path();
  while (!is_folder(there) && there.has_relative_path()) there = there.parent_path();
  if (there == there.root_path()) {
    note(fmt::format("{} does not exist, and will be outside of the sandbox", path));
    return;
  }
  note(fmt::format("{} does not exist yet, so the sandbox lets all of {} be read", path,
                   there.string()));
  read(there.string());
}

void SandboxFiles::append(std::string_view path) {
  const fs::path found = real(path);
  std::error_code error;
  add(path, FileUse::append);
  if (is_there(found) && !fs::is_regular_file(found, error)) return;
  for (const fs::path& folder : {folder_of(path), found.parent_path()}) {
    add(folder.string(), FileUse::append);
  }
}

void SandboxFiles::keep(std::string_view path) {
  add(real(path).parent_path().string(), FileUse::keep);
}

void SandboxFiles::remove(std::string_view path) {
  add(folder_of(path).string(), FileUse::remove);
}

bool SandboxFiles::can_read(std::string_view path) const {
  const fs::path wanted = real(path);
  return std::any_of(files_.begin(), files_.end(), [&](const SandboxFile& each) {
    return is_readable(each.use) && is_below(wanted, each.path);
  });
}

}  // namespace fanlight
