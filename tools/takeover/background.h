// SPDX-License-Identifier: Apache-2.0
// Background: a process that serves in the background, whose starter waits until it does.
#pragma once

#include <optional>

#include "core/fd.h"
#include "core/time.h"
#include "tools/flags/exit_code.h"

namespace fanlight {

// Owns: the pipe to the starter.
// Thread: main's.
class Background {
 public:
  // Forks, while there is no other thread. Returns in the new process only, which is not this
  // one's child, so that this one's end is nobody's concern. In this process it ends the program
  // with the exit code that the new one reports, or that of a failure if it ends without one, or
  // does not report within `limit`; then it is killed. Throws std::system_error.
  static Background start(Duration limit);

  // Only the first one counts.
  void report(ExitCode code) noexcept;

 private:
  explicit Background(Fd starter) : starter_(std::move(starter)) {}

  Fd starter_;
};

}  // namespace fanlight
