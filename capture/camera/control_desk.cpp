// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/control_desk.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/log.h"

namespace fanlight {
namespace {

// The number, and a menu's text for it.
std::string value_text(const Control& control) {
  const std::string number = std::to_string(control.value);
  const bool is_item = control.type == ControlType::menu && control.value >= 0 &&
                       static_cast<size_t>(control.value) < control.menu.size();
  if (!is_item) return number;
  return number + " (" + control.menu[static_cast<size_t>(control.value)] + ")";
}

}  // namespace

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
  panel_->serve([&](const ControlOrder& order, ControlAnswer& told) {
    if (source == nullptr) {
      told = {ControlOutcome::unavailable,
              "the camera is stopped or lost; its controls can be set while it runs"};
      return;
    }
    try {
      told = answer(*source, order);
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
ControlAnswer ControlDesk::answer(Source& source, const ControlOrder& order) {
  const std::vector<ControlSetting> settings = parse_control_settings_json(order.body);
  const std::vector<Control> controls = source.controls();
  for (const ControlSetting& setting : settings) {
    resolve_control(find_control(controls, setting.name), setting.value);
  }
  try {
    apply_controls(source, settings);
  } catch (...) {
    // The settings before the refused one have been applied.
    log_changes(settings, controls, publish(source), order.who);
    throw;
  }
  remember(settings);
  log_changes(settings, controls, publish(source), order.who);
  return {ControlOutcome::done, {}};
}

// One line for each control that has another value now, so that it is known later who did it.
void ControlDesk::log_changes(const std::vector<ControlSetting>& settings,
                              const std::vector<Control>& before, const std::vector<Control>& after,
                              std::string_view who) const {
  for (const ControlSetting& setting : settings) {
    const Control& old = find_control(before, setting.name);
    const auto now = std::ranges::find(after, setting.name, &Control::name);
    if (now == after.end() || now->value == old.value) continue;
    log_info("{}: {} changed {} from {} to {}", camera_, who, setting.name, value_text(old),
             value_text(*now));
  }
}

void ControlDesk::remember(const std::vector<ControlSetting>& settings) {
  for (const ControlSetting& setting : settings) {
    std::erase_if(wanted_, [&](const ControlSetting& old) { return old.name == setting.name; });
    wanted_.push_back(setting);
  }
}

std::vector<Control> ControlDesk::publish(Source& source) {
  std::vector<Control> controls = source.controls();
  std::vector<std::string> rows;
  for (const Control& control : controls) rows.push_back(control_json(control));
  const size_t left_out = panel_->publish_controls(rows);
  if (left_out > 0) log_warning("{}: {} controls left out", camera_, left_out);
  return controls;
}

}  // namespace fanlight
