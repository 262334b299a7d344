// SPDX-License-Identifier: Apache-2.0
#include "tools/options/password_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "core/fd.h"
#include "tools/flags/exit_code.h"
#include "tools/options/setting.h"

namespace fanlight {

std::string password_path(const std::string& name) {
  if (name.starts_with('/')) return name;
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    throw std::invalid_argument(
        "a name without / at its beginning is a credential of systemd's (LoadCredential=), and "
        "CREDENTIALS_DIRECTORY is not set");
  }
  return fmt::format("{}/{}", folder, name);
}

std::string read_password(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) throw std::system_error(errno, std::generic_category());
  std::array<char, kPasswordBytesMax + 2> room;
  size_t size = 0;
  while (size < room.size()) {
    const ssize_t got = ::read(file.get(), room.data() + size, room.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category());
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  std::string_view text(room.data(), size);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) throw std::invalid_argument("there is no password in it");
  if (text.size() > kPasswordBytesMax) {
    throw std::invalid_argument(fmt::format("longer than {} bytes", kPasswordBytesMax));
  }
  if (has_control_characters(text)) {
    throw std::invalid_argument("one line without control characters is expected");
  }
  return std::string(text);
}

void read_passwords(std::vector<CameraOptions>& cameras) {
  for (CameraOptions& camera : cameras) {
    if (camera.password_file.empty()) continue;
    std::string path = camera.password_file;
    const auto refuse = [&](std::string_view cause) {
      throw StartError(ExitCode::config,
                       fmt::format("camera.{}.password-file: {}: {}", camera.name, path, cause));
    };
    try {
      path = password_path(camera.password_file);
      camera.password = read_password(path);
    } catch (const std::system_error& error) {
      refuse(error.code().message());
    } catch (const std::invalid_argument& error) {
      refuse(error.what());
    }
  }
}

bool is_readable_by_all(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (found.st_mode & S_IROTH) != 0;
}

}  // namespace fanlight
