// SPDX-License-Identifier: Apache-2.0
// The pictures that the servers in bench/ show.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fanlight {

// The files of a directory named *.jpg, whole, in name order; none when it cannot be read.
inline std::vector<std::string> read_jpegs(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> jpegs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    jpegs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return jpegs;
}

}  // namespace fanlight
