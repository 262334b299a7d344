// SPDX-License-Identifier: Apache-2.0
// Exit codes, after sysexits.h(3head), and the error that carries one to main.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "core/printable.h"

namespace fanlight {

enum class ExitCode : int {
  ok = 0,
  usage = 64,         // bad flag
  no_input = 66,      // no such source
  unavailable = 69,   // nothing to run on
  system_error = 71,  // the operating system refused
  not_permitted = 77,
  config = 78,
};

// Ends the program with one line that states what went wrong, where, why, and what to try. The line
// may quote user input or a file: it is made printable, and cut to what the log has room for.
class StartError : public std::runtime_error {
 public:
  static constexpr size_t kLineMax = 480;  // bytes

  StartError(ExitCode code, std::string_view line)
      : std::runtime_error(printable(line, kLineMax)), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace fanlight
