// SPDX-License-Identifier: Apache-2.0
// Reload: handles SIGHUP: reads the configuration file again and changes what can be changed
// without disconnecting anyone.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "http/state/server_state.h"
#include "sandbox/sandbox.h"
#include "tools/options/command_line.h"
#include "tools/options/options.h"
#include "tools/server/running_camera.h"

namespace fanlight {

// Owns: the options in force. Borrows the rest.
// Thread: main's.
// Invariant: no option of a file with a mistake is applied, not even one without a mistake.
class Reload {
 public:
  Reload(const CommandLine& flags, const Options& now, ServerState& state,
         const std::vector<std::unique_ptr<RunningCamera>>& cameras, const Sandbox& sandbox);

  // Logs one line for each option that has changed, whether or not it could be applied, and one
  // when nothing has.
  void carry_out() noexcept;

  // All cameras that run take what is in force; those of a directory may not have run before.
  void tune_cameras() noexcept;

 private:
  void take(const Options& next);
  bool take_option(size_t index, const OptionTexts& row);
  size_t take_cameras(const Options& next);
  void put_into_force();

  const CommandLine& flags_;
  Options now_;
  ServerState& state_;
  const std::vector<std::unique_ptr<RunningCamera>>& cameras_;
  const Sandbox& sandbox_;
};

// Whether --max-egress, or the link speed it stands for, can change without a restart: the wire's
// budget exists from the start or not at all.
bool can_change_egress(const Options& now, const Options& next);

// The changed options of a camera that a running camera cannot change, by name: "size".
std::vector<std::string_view> fixed_differences(const CameraOptions& now,
                                                const CameraOptions& next);

}  // namespace fanlight
