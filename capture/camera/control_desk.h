// SPDX-License-Identifier: Apache-2.0
// ControlDesk: the wanted settings of a camera's controls, kept across all openings of its source,
// and the requests to change them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/source/control.h"
#include "capture/source/source.h"
#include "core/camera_panel.h"

namespace fanlight {

// Sets controls in the given order. Each is looked up in turn, because one may activate another or
// move its limits. Throws std::invalid_argument for what the camera does not have or allow, after
// the preceding settings have been applied, and std::system_error when the device refuses.
void apply_controls(Source& source, const std::vector<ControlSetting>& settings);

// Owns: the wanted settings.
// Thread: the camera's.
// Invariant: a setting requested at run time holds until the server ends, even across unplugging
//   and replugging, after which the camera itself has forgotten it.
class ControlDesk {
 public:
  // `panel` may be nullptr: then nothing is published and no requests arrive.
  ControlDesk(CameraPanel* panel, std::string camera, std::vector<ControlSetting> settings);

  // The source has just been opened: applies the wanted settings and publishes its description. A
  // setting that this device refuses costs a log line, not the picture.
  void opened(Source& source) noexcept;

  // Answers pending requests; `source` is nullptr while none is open.
  void serve(Source* source) noexcept;

 private:
  ControlAnswer answer(Source& source, const ControlOrder& order);
  void log_changes(const std::vector<ControlSetting>& settings, const std::vector<Control>& before,
                   const std::vector<Control>& after, std::string_view who) const;
  void remember(const std::vector<ControlSetting>& settings);
  // Returns the controls as they are now.
  std::vector<Control> publish(Source& source);

  CameraPanel* const panel_;
  const std::string camera_;
  std::vector<ControlSetting> wanted_;
};

}  // namespace fanlight
