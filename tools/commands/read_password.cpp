// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/read_password.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "http/auth/basic_credentials.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

std::atomic<int> arrived = 0;
static_assert(std::atomic<int>::is_always_lock_free);  // signal handlers write it

constexpr std::array kEndings = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Owns: the terminal's mode and the handlers of signals, as they were before.
// Thread: main's, the only one.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    struct sigaction note {};
    note.sa_handler = [](int signal) { arrived = signal; };  // without SA_RESTART: read() returns
    for (size_t i = 0; i < kEndings.size(); ++i) ::sigaction(kEndings[i], &note, &handlers_[i]);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    ::tcsetattr(terminal, TCSAFLUSH, &silent);
    is_silent_ = true;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (!is_silent_) return;
    ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (size_t i = 0; i < kEndings.size(); ++i) ::sigaction(kEndings[i], &handlers_[i], nullptr);
    if (const int signal = arrived; signal != 0) std::raise(signal);
  }

 private:
  const int terminal_;
  termios before_{};
  std::array<struct sigaction, kEndings.size()> handlers_{};
  bool is_silent_ = false;
};

[[noreturn]] void refuse(std::string_view why) {
  throw StartError(ExitCode::usage, fmt::format("passwd: {}", why));
}

std::string read_line(int input) {
  std::string line;
  char c = '\0';
  while (true) {
    const ssize_t got = ::read(input, &c, 1);
    if (got < 0 && errno == EINTR && arrived == 0) continue;
    if (got < 0) {
      throw StartError(ExitCode::system_error,
                       fmt::format("passwd: standard input: {}", std::strerror(errno)));
    }
    if (got == 0 || c == '\n') return line;
    if (line.size() > kLoginPasswordBytesMax) refuse("the password is longer than 256 bytes");
    line.push_back(c);
  }
}

void check(std::string& password) {
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) refuse("the password is empty");
  if (password.size() > kLoginPasswordBytesMax) refuse("the password is longer than 256 bytes");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(password, is_control)) {
    refuse("there is a control character in the password");
  }
}

}  // namespace

std::string read_new_password(int input) {
  std::string password;
  if (::isatty(input) == 0) {
    password = read_line(input);
    check(password);
    return password;
  }
  const Silence silence(input);
  fmt::print(stderr, "Password: ");
  password = read_line(input);
  check(password);
  fmt::print(stderr, "Again: ");
  std::string again = read_line(input);
  const bool is_same = again == password;
  OPENSSL_cleanse(again.data(), again.size());
  if (!is_same) refuse("the two passwords differ");
  return password;
}

}  // namespace fanlight
