// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/control_desk.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/log.h"

namespace fanlight {

void apply_controls(Source& source, const std::vector<ControlSetting>& settings) {
  for (const ControlSetting& setting : settings) {
    const std::vector<Control> controls = source.controls();
    const Control& control = find_control(controls, setting.name);
    source.set_control(control, resolve_control(control, setting.value));
  }
}

ControlDesk::ControlDesk(CameraPanel* panel, std::string camera,
                         std::vector<ControlSetting> settings)
    : panel_(panel), camera_(std::move(camera)), wanted_(std::move(settings)) {}

void ControlDesk::opened(Source& source) noexcept {
  for (const ControlSetting& setting : wanted_) {
    try {
      apply_controls(source, {setting});
    } catch (const std::exception& error) {
      log_warning("{}: {}={} not set: {}", camera_, setting.name, setting.value, error.what());
    }
  }
  if (panel_ == nullptr) return;
  try {
    const SourceDescription description = source.describe();
    panel_->describe(description.device, description.format, description.via);
    publish(source);
  } catch (const std::exception& error) {
    log_warning("{}: cannot read its controls: {}", camera_, error.what());
  }
}

void ControlDesk::serve(Source* source) noexcept {
  if (panel_ == nullptr) return;
  panel_->serve([&](std::string_view body, ControlAnswer& told) {
    if (source == nullptr) {
      told = {ControlOutcome::unavailable,
              "the camera is stopped or lost; its controls can be set while it runs"};
      return;
    }
    try {
      told = answer(*source, body);
    } catch (const std::invalid_argument& error) {
      told = {ControlOutcome::malformed, error.what()};
    } catch (const std::system_error& error) {
      told = {ControlOutcome::refused, error.what()};
    } catch (const std::exception& error) {
      told = {ControlOutcome::unavailable, error.what()};
    }
  });
}

// All settings are checked before the first is applied, so that a mistake changes nothing.
ControlAnswer ControlDesk::answer(Source& source, std::string_view body) {
  const std::vector<ControlSetting> settings = parse_control_settings_json(body);
  const std::vector<Control> controls = source.controls();
  for (const ControlSetting& setting : settings) {
    resolve_control(find_control(controls, setting.name), setting.value);
  }
  try {
    apply_controls(source, settings);
  } catch (...) {
    publish(source);  // the settings before the refused one have been applied
    throw;
  }
  remember(settings);
  publish(source);
  for (const ControlSetting& setting : settings) {
    log_info("{}: {}={} set on request", camera_, setting.name, setting.value);
  }
  return {ControlOutcome::done, {}};
}

void ControlDesk::remember(const std::vector<ControlSetting>& settings) {
  for (const ControlSetting& setting : settings) {
    std::erase_if(wanted_, [&](const ControlSetting& old) { return old.name == setting.name; });
    wanted_.push_back(setting);
  }
}

void ControlDesk::publish(Source& source) {
  std::vector<std::string> rows;
  for (const Control& control : source.controls()) rows.push_back(control_json(control));
  const size_t left_out = panel_->publish_controls(rows);
  if (left_out > 0) log_warning("{}: {} controls left out", camera_, left_out);
}

}  // namespace fanlight
