// SPDX-License-Identifier: Apache-2.0
#include "tools/server/inherited.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace fanlight {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kInheritedMax = 64;

bool names_this_process(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::to_string(::getpid()) == value;
}

// "web:admin" as two names.
std::vector<std::string> split_names(const char* text) {
  std::vector<std::string> names;
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const size_t size = std::min(rest.find(':'), rest.size());
    names.emplace_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return names;
}

}  // namespace

std::vector<InheritedSocket> inherited_sockets() {
  std::vector<InheritedSocket> sockets;
  const std::vector<std::string> names = split_names(std::getenv("LISTEN_FDNAMES"));
  const char* count = std::getenv("LISTEN_FDS");
  if (names_this_process("LISTEN_PID") && count != nullptr) {
    int sockets_given = 0;
    std::from_chars(count, count + std::strlen(count), sockets_given);
    for (int i = 0; i < sockets_given && i < kInheritedMax; ++i) {
      ::fcntl(kFirstInherited + i, F_SETFD, FD_CLOEXEC);
      const auto index = static_cast<size_t>(i);
      sockets.push_back({Fd(kFirstInherited + i), index < names.size() ? names[index] : ""});
    }
  }
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  return sockets;
}

bool started_by_systemd() {
  return names_this_process("SYSTEMD_EXEC_PID");
}

}  // namespace fanlight
