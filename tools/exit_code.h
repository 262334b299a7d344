// SPDX-License-Identifier: Apache-2.0
// Exit codes, after sysexits.h(3head), and the error that carries one to main.
#pragma once

#include <stdexcept>
#include <string>

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

// Ends the program with a line that says what, where, why, and what to try.
class StartError : public std::runtime_error {
 public:
  StartError(ExitCode code, const std::string& line) : std::runtime_error(line), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace fanlight
