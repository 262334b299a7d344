// SPDX-License-Identifier: Apache-2.0
#include "tools/inherited.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

namespace fanlight {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kInheritedMax = 64;

bool names_this_process(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::to_string(::getpid()) == value;
}

}  // namespace

std::vector<Fd> inherited_sockets() {
  std::vector<Fd> sockets;
  const char* count = std::getenv("LISTEN_FDS");
  if (names_this_process("LISTEN_PID") && count != nullptr) {
    int sockets_given = 0;
    std::from_chars(count, count + std::strlen(count), sockets_given);
    for (int i = 0; i < sockets_given && i < kInheritedMax; ++i) {
      ::fcntl(kFirstInherited + i, F_SETFD, FD_CLOEXEC);
      sockets.emplace_back(kFirstInherited + i);
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
