// SPDX-License-Identifier: Apache-2.0
// Files of /dev, /sys and /proc. Any of them may vanish while it is read: a missing file or
// directory is treated as empty.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// Where the kernel's file systems are; tests use a directory of their own.
struct SystemRoots {
  std::string dev = "/dev";
  std::string sys = "/sys";
  std::string proc = "/proc";
};

// The file's first line, without its line end.
std::string first_line(const std::filesystem::path& file);

// The paths of the directory's entries, sorted.
std::vector<std::filesystem::path> entries(const std::filesystem::path& directory);

// With links resolved; `path` itself when it does not exist.
std::filesystem::path real_path(const std::filesystem::path& path);

// A number in a file or a name: decimal digits. Nothing for any other text.
std::optional<int> number_of(std::string_view text);

}  // namespace fanlight
