// SPDX-License-Identifier: Apache-2.0
#include "tools/server/reload.h"

#include <fmt/core.h>

#include <algorithm>
#include <exception>

#include "core/check.h"
#include "core/join.h"
#include "core/log.h"
#include "tools/options/config_text.h"
#include "tools/options/option_table.h"
#include "tools/options/password_file.h"
#include "tools/options/read_options.h"
#include "tools/server/confinement.h"

namespace fanlight {
namespace {

std::string words(const OptionTexts& row) {
  return row.texts.empty() ? "nothing" : join(row.texts, ", ");
}

const CameraOptions* find_camera(const std::vector<CameraOptions>& cameras, std::string_view name) {
  const auto found = std::find_if(cameras.begin(), cameras.end(),
                                  [&](const CameraOptions& each) { return each.name == name; });
  return found == cameras.end() ? nullptr : &*found;
}

bool same_controls(const CameraOptions& a, const CameraOptions& b) {
  return std::equal(a.controls.begin(), a.controls.end(), b.controls.begin(), b.controls.end(),
                    [](const ControlSetting& one, const ControlSetting& other) {
                      return one.name == other.name && one.value == other.value;
                    });
}

// Applies a value of a camera and logs it.
template <class Value>
size_t take_figure(std::string_view camera, std::string_view name, Value& now, Value next) {
  if (now == next) return 0;
  log_info("reload: {}: {} is {} now, was {}", camera, name, next, now);
  now = next;
  return 1;
}

// Cameras cannot be added or removed.
size_t say_cameras_that_differ(const Options& now, const Options& next) {
  size_t differences = 0;
  for (const CameraOptions& camera : next.cameras) {
    if (find_camera(now.cameras, camera.name) != nullptr) continue;
    log_warning("reload: camera {} is new; it needs a restart", camera.name);
    ++differences;
  }
  for (const CameraOptions& camera : now.cameras) {
    if (find_camera(next.cameras, camera.name) != nullptr) continue;
    log_warning("reload: camera {} is no longer configured; it stays until a restart", camera.name);
    ++differences;
  }
  return differences;
}

}  // namespace

bool can_change_egress(const Options& now, const Options& next) {
  return now.max_egress.value_or(0) != 0 && next.max_egress.value_or(0) != 0;
}

std::vector<std::string_view> fixed_differences(const CameraOptions& now,
                                                const CameraOptions& next) {
  std::vector<std::string_view> names;
  if (now.source != next.source) names.push_back("source");
  if (now.width != next.width || now.height != next.height) names.push_back("size");
  if (now.orientation.rotate != next.orientation.rotate) names.push_back("rotate");
  if (now.orientation.mirror != next.orientation.mirror) names.push_back("mirror");
  if (ladder_text(now.ladder) != ladder_text(next.ladder)) names.push_back("ladder");
  if (!same_controls(now, next)) names.push_back("control");
  if (now.upstream.headers != next.upstream.headers) names.push_back("headers");
  if (now.upstream.ca != next.upstream.ca || now.upstream.pin != next.upstream.pin) {
    names.push_back("tls");
  }
  if (now.password_file != next.password_file || now.password != next.password) {
    names.push_back("password");
  }
  if (now.max_cameras != next.max_cameras) names.push_back("max-cameras");
  if (now.publish != next.publish) names.push_back("publish");
  if (now.upstream.credentials != next.upstream.credentials) names.push_back("credentials");
  if (now.upstream.insecure != next.upstream.insecure) names.push_back("insecure");
  if (now.upstream.segments != next.upstream.segments) names.push_back("segments");
  return names;
}

Reload::Reload(const CommandLine& flags, const Options& now, ServerState& state,
               const std::vector<std::unique_ptr<RunningCamera>>& cameras, const Sandbox& sandbox)
    : flags_(flags), now_(now), state_(state), cameras_(cameras), sandbox_(sandbox) {
  state_.flags_json.set(config_json(now_));
}

void Reload::carry_out() noexcept {
  if (now_.config_file.empty()) {
    // Those are read by their owners.
    const bool has_files =
        !now_.tls_cert.empty() || !now_.auth_file.empty() || !now_.link_key.empty();
    if (has_files) return;
    log_warning("SIGHUP: there is no configuration to read again; --config names one");
    return;
  }
  try {
    Options next = read_options(flags_);
    check_reload(sandbox_, next);
    read_passwords(next.cameras);
    take(next);
  } catch (const std::exception& error) {
    log_error("reload: {}; nothing was changed", error.what());
  }
}

void Reload::take(const Options& next) {
  CHECK(next.in_force.size() == now_.in_force.size());
  size_t differences = 0;
  for (size_t i = 0; i < next.in_force.size(); ++i) {
    const OptionTexts& row = next.in_force[i];
    if (row.texts == now_.in_force[i].texts) continue;
    ++differences;
    const bool is_egress = row.option->name == "max-egress" || row.option->name == "min-fps";
    const bool can_change =
        row.option->is(kReloadable) && (!is_egress || can_change_egress(now_, next));
    if (can_change && take_option(i, row)) continue;
    log_warning("reload: {} is {} until a restart; the configuration has {}", row.option->name,
                words(now_.in_force[i]), words(row));
  }
  differences += say_cameras_that_differ(now_, next) + take_cameras(next);
  if (differences == 0) log_info("reload: nothing has changed");
  put_into_force();
}

// The option's own function parses the text, as at start.
bool Reload::take_option(size_t index, const OptionTexts& row) {
  CHECK(row.texts.size() == 1);
  OptionsDraft draft;
  draft.options = now_;
  row.option->set(draft, row.texts.front());
  if (draft.options.max_viewers > state_.config.admission.viewers_max) return false;
  log_info("reload: {} is {} now, was {}", row.option->name, words(row),
           words(now_.in_force[index]));
  draft.options.in_force[index] = row;
  now_ = std::move(draft.options);
  return true;
}

size_t Reload::take_cameras(const Options& next) {
  size_t differences = 0;
  for (CameraOptions& camera : now_.cameras) {
    const CameraOptions* wanted = find_camera(next.cameras, camera.name);
    if (wanted == nullptr) continue;
    for (const std::string_view name : fixed_differences(camera, *wanted)) {
      log_warning("reload: {}: another {} needs a restart", camera.name, name);
      ++differences;
    }
    differences += take_figure(camera.name, "quality", camera.quality, wanted->quality);
    differences += take_figure(camera.name, "fps", camera.fps, wanted->fps);
  }
  return differences;
}

void Reload::put_into_force() {
  set_log_level(now_.log_level);
  state_.live.viewer_stall_timeout = now_.viewer_stall_timeout;
  state_.live.header_timeout = now_.header_timeout;
  state_.live.idle_timeout = now_.idle_timeout;
  const size_t capacity = state_.config.admission.viewers_max;
  state_.admission.set_limits(
      {now_.max_viewers == 0 ? capacity : std::min(now_.max_viewers, capacity),
       now_.max_viewers_per_address, now_.max_connections_per_address});
  if (state_.wire && now_.max_egress.value_or(0) != 0) {
    state_.wire->set_rate(*now_.max_egress, now_.min_fps);
  }
  tune_cameras();
  if (!state_.flags_json.set(config_json(now_))) {
    log_warning("the options are too long for /api/v1/state, which shows the old ones");
  }
}

// Those of a directory, which is the last of the options, have its options.
void Reload::tune_cameras() noexcept {
  for (size_t i = 0; i < cameras_.size(); ++i) {
    const CameraOptions& camera = now_.cameras[std::min(i, now_.cameras.size() - 1)];
    if (cameras_[i]->loop == nullptr) continue;
    cameras_[i]->loop->tune(
        {camera.quality, camera.fps, now_.camera_stall_timeout, now_.capture_idle});
  }
}

}  // namespace fanlight
