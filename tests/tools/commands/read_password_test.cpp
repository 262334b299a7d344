// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/read_password.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "core/fd.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// What is read from a pipe with this text; "CODE: LINE" of an error.
std::string read_from_pipe(const std::string& text) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const Fd out(ends[0]);
  {
    const Fd in(ends[1]);
    EXPECT_EQ(::write(in.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  try {
    return read_new_password(out.get());
  } catch (const StartError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
}

TEST(ReadPassword, OneLineOfAPipe) {
  EXPECT_EQ(read_from_pipe("secret\n"), "secret");
  EXPECT_EQ(read_from_pipe("secret"), "secret");
  EXPECT_EQ(read_from_pipe("two words\r\nmore\n"), "two words");
  EXPECT_EQ(read_from_pipe(std::string(256, 'p') + "\n"), std::string(256, 'p'));
}

TEST(ReadPassword, Mistakes) {
  EXPECT_EQ(read_from_pipe(""), "64: passwd: the password is empty");
  EXPECT_EQ(read_from_pipe("\n"), "64: passwd: the password is empty");
  EXPECT_EQ(read_from_pipe(std::string(257, 'p')),
            "64: passwd: the password is longer than 256 bytes");
  EXPECT_EQ(read_from_pipe("a\tb\n"), "64: passwd: there is a control character in the password");
}

// A terminal, and what a person types into it. Owns: both ends. Thread: one reads while another
// types.
class Terminal {
 public:
  Terminal() { EXPECT_EQ(::openpty(&keyboard_, &terminal_, nullptr, nullptr, nullptr), 0); }
  ~Terminal() {
    ::close(keyboard_);
    ::close(terminal_);
  }
  bool echoes() const {
    termios mode{};
    EXPECT_EQ(::tcgetattr(terminal_, &mode), 0);
    return (mode.c_lflag & ECHO) != 0;
  }
  // Types a line once nothing is shown any more, since what was typed before is dropped.
  void type(const std::string& line) {
    while (echoes()) std::this_thread::yield();
    EXPECT_EQ(::write(keyboard_, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  int fd() const { return terminal_; }

 private:
  int keyboard_ = -1, terminal_ = -1;
};

TEST(ReadPassword, TwiceFromATerminalThatShowsNothing) {
  for (const auto& [typed, expected] :
       {std::pair<std::string, std::string>{"secret\nsecret\n", "secret"},
        {"secret\nSecret\n", "the two passwords differ"},
        {"\n", "the password is empty"}}) {
    Terminal terminal;
    EXPECT_TRUE(terminal.echoes());
    std::thread person([&, text = typed] { terminal.type(text); });
    std::string result;
    try {
      result = read_new_password(terminal.fd());
    } catch (const StartError& error) {
      result = error.what();
    }
    person.join();
    EXPECT_TRUE(result.ends_with(expected)) << result;
    EXPECT_TRUE(terminal.echoes()) << "again";
  }
}

}  // namespace
}  // namespace fanlight
