// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/device_users.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

namespace fanlight {
namespace {

namespace fs = std::filesystem;

// How many of the process's descriptors are this device.
int count_descriptors(const fs::path& process, const fs::path& device) {
  return static_cast<int>(
      std::ranges::count_if(entries(process / "fd"), [&device](const fs::path& descriptor) {
        std::error_code error;
        // Only the name: opening the file behind the link can block, on an unavailable file system.
        return fs::read_symlink(descriptor, error) == device && !error;
      }));
}

}  // namespace

std::string describe_device_users(const std::string& path, const SystemRoots& roots) {
  const fs::path device = real_path(path);
  std::string users;
  for (const fs::path& process : entries(roots.proc)) {
    const std::optional<int> pid = number_of(process.filename().string());
    if (!pid) continue;
    // This process has it open at least once, or it would not know that it is busy.
    const int own = *pid == getpid() ? 1 : 0;
    if (count_descriptors(process, device) <= own) continue;
    fmt::format_to(std::back_inserter(users), "{}{} (pid {})", users.empty() ? "" : ", ",
                   first_line(process / "comm"), *pid);
  }
  return users;
}

}  // namespace fanlight
