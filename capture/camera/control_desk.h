// SPDX-License-Identifier: Apache-2.0
// ControlDesk: how a camera's controls are to stand, over all the openings of its source, and who
// may ask for a change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/source/control.h"
#include "capture/source/source.h"
#include "core/camera_panel.h"

namespace fanlight {

// Sets controls in the order in which they are given. Each is looked up when it is its turn,
// because one may make another active or move its limits. Throws std::invalid_argument for what the
// camera does not have or allow, before which the settings in front of it were made, and
// std::system_error when the device refuses.
void apply_controls(Source& source, const std::vector<ControlSetting>& settings);

// Owns: the settings that are wanted.
// Thread: the camera's.
// Invariant: a setting that was asked for at run time holds until the server ends, also when the
//   camera is plugged out and in again: it knows nothing of it any more then.
class ControlDesk {
 public:
  // `panel` may be nullptr: then nothing is told and nobody can ask.
  ControlDesk(CameraPanel* panel, std::string camera, std::vector<ControlSetting> settings);

  // The source has just been opened: sets what is wanted, and tells what it is. A setting that this
  // device refuses costs a line in the log, not the picture.
  void opened(Source& source) noexcept;

  // Answers those who ask; `source` is nullptr while there is none.
  void serve(Source* source) noexcept;

 private:
  ControlAnswer answer(Source& source, std::string_view body);
  void remember(const std::vector<ControlSetting>& settings);
  void publish(Source& source);

  CameraPanel* const panel_;
  const std::string camera_;
  std::vector<ControlSetting> wanted_;
};

}  // namespace fanlight
