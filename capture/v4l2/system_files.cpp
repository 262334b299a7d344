// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/system_files.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "capture/source/names_in.h"
#include "core/to_number.h"

namespace fanlight {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> result;
  std::error_code error;
  for (const std::string& name : names_in(directory, error)) result.push_back(directory / name);
  std::ranges::sort(result);
  return result;
}

fs::path real_path(const fs::path& path) {
  std::error_code error;
  const fs::path result = fs::canonical(path, error);
  return error ? path : result;
}

std::optional<int> number_of(std::string_view text) {
  const std::optional<int> number = to_number<int>(text);
  return number && *number >= 0 ? number : std::nullopt;
}

}  // namespace fanlight
