// SPDX-License-Identifier: Apache-2.0
// Sandbox: what the process gives up before it meets a client or an upstream, so that a fault that
// someone exploits leads nowhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sandbox/sandbox_files.h"
#include "sandbox/sandbox_mode.h"

namespace fanlight {

// Owns: the list of files that stay accessible.
// Thread: main's.
// Invariant: every thread that is started after the constructor is confined as much as this one.
class Sandbox {
 public:
  // Enters the sandbox. Landlock (landlock.h) does not reach threads that exist already: call this
  // while there are none. With SandboxMode::on, throws std::system_error where one of the two is
  // missing. `automatic` stays outside in a program with a sanitizer, which starts processes and
  // traces them.
  Sandbox(SandboxMode mode, SandboxFiles files);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Once all rings exist: no thread makes another. Throws std::system_error.
  void complete();

  // Whether the sandbox lets this file be read; true without Landlock.
  bool can_read(std::string_view path) const;

  // What is confined, and what the kernel lacks: "files and ports (Landlock 7), system calls
  // (seccomp)". One line for the log.
  const std::string& text() const { return text_; }
  std::span<const std::string> notes() const { return files_.notes(); }

 private:
  SandboxFiles files_;
  bool confines_files_ = false;
  bool confines_calls_ = false;
  std::string text_;
};

// Whether this program was built with a sanitizer that a sandbox would break.
bool has_sanitizer() noexcept;

}  // namespace fanlight
