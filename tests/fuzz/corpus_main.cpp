// SPDX-License-Identifier: Apache-2.0
// corpus_main: runs a fuzz target once with each file of the folders that are its arguments, in
// the order of their names, and prints how many there were. For compilers without libFuzzer.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

namespace files = std::filesystem;

// A copy of exactly its size, so that a sanitizer notices reads beyond it.
void run(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    fmt::print(stderr, "{} cannot be read\n", path.string());
    std::exit(EXIT_FAILURE);
  }
  const auto exact = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  // Printed before, since a failed check ends the process.
  fmt::print("{}\n", path.string());
  std::fflush(stdout);
  fanlight::fuzz({exact.get(), bytes.size()});
}

}  // namespace

int main(int argc, char** argv) {
  fanlight::fuzz_is_thorough = true;
  std::vector<files::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (!files::is_directory(argv[i])) {
      paths.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : files::directory_iterator(argv[i])) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const files::path& path : paths) run(path);
  fmt::print("{} inputs\n", paths.size());
  return paths.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
}
