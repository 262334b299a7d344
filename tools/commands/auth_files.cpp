// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/auth_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/fd.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// Reads, and parses with `parse`, which returns the mistake if there is one.
template <class Parse>
void read(std::string_view what, const std::string& path, size_t bytes_max, Parse parse) {
  std::optional<FileMistake> mistake;
  try {
    std::string text = read_small_file(path, bytes_max);
    mistake = parse(std::string_view(text));
    OPENSSL_cleanse(text.data(), text.size());
  } catch (const std::system_error& error) {
    throw StartError(ExitCode::config,
                     fmt::format("{} {}: {}", what, path, error.code().message()));
  }
  if (!mistake) return;
  throw StartError(ExitCode::config,
                   fmt::format("{} {}: line {}: {}", what, path, mistake->line, mistake->words));
}

}  // namespace

std::string read_small_file(const std::string& path, size_t bytes_max) {
  // Without O_NONBLOCK, opening a pipe that no one writes would block.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) throw std::system_error(errno, std::generic_category());
  std::string text;
  while (true) {
    const size_t before = text.size();
    text.resize(before + 4096);
    const ssize_t got = ::read(file.get(), text.data() + before, 4096);
    const int error = errno;
    text.resize(before + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0 && error == EINTR) continue;
    if (got < 0) throw std::system_error(error, std::generic_category());
    if (got == 0) return text;
    if (text.size() > bytes_max) throw std::system_error(EFBIG, std::generic_category());
  }
}

UserTable read_users(std::string_view what, const std::string& path,
                     std::span<const std::string> cameras) {
  UserTable users;
  read(what, path, UserTable::kFileBytesMax,
       [&](std::string_view text) { return users.parse(text, cameras); });
  return users;
}

LinkKeys read_link_keys(std::string_view what, const std::string& path) {
  LinkKeys keys;
  read(what, path, LinkKeys::kFileBytesMax,
       [&](std::string_view text) { return keys.parse(text); });
  return keys;
}

}  // namespace fanlight
