// SPDX-License-Identifier: Apache-2.0
#include "tools/server/camera_directory.h"

#include <fmt/core.h>

#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "capture/nats/nats_plugin.h"
#include "capture/nats/nats_source.h"
#include "capture/relay/redact_url.h"
#include "capture/source/plugin.h"
#include "tools/flags/exit_code.h"
#include "tools/server/shortage.h"

namespace fanlight {
namespace {

constexpr Duration kStopPatience = 1s;

std::vector<std::string> published_subjects(const Options& options) {
  std::vector<std::string> subjects;
  for (const CameraOptions& camera : options.cameras) {
    if (!camera.publish.empty()) subjects.push_back(parse_nats_url(camera.publish).subject);
  }
  return subjects;
}

NatsDirectoryConfig directory_config(const Options& options, const CameraNames& names) {
  const CameraOptions& chosen = options.cameras.back();
  SourceOptions source;
  source.timeout = source.patience = options.source_timeout;
  source.upstream = chosen.upstream;
  try {
    return {.shown = redact_url(chosen.source),
            .login = nats_login(parse_nats_directory_url(chosen.source), source),
            .cameras_max = chosen.max_cameras,
            .taken = {names.named().begin(), names.named().end()},
            .own = published_subjects(options)};
  } catch (const std::invalid_argument& error) {
    throw StartError(options.blame_for_cameras, fmt::format("--camera '*': {}", error.what()));
  }
}

// Where there is no plugin, that is known now.
NatsConnect nats_connect() {
  try {
    return load_nats_plugin(plugin_folders()).connect;
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    throw StartError(ExitCode::unavailable, fmt::format("--camera '*': {}", error.what()));
  }
}

}  // namespace

CameraDirectory::CameraDirectory(const Options& options,
                                 const std::vector<std::unique_ptr<RunningCamera>>& cameras,
                                 ServerState& state)
    : options_(options),
      cameras_(cameras),
      state_(state),
      first_(state.names.named().size()),
      directory_(directory_config(options, state.names), clock_, nats_connect()) {}

void CameraDirectory::start(MainLoop& main_loop, std::function<void()> on_named) {
  on_named_ = std::move(on_named);
  main_loop.watch(directory_.fd(), [this] { on_changes(); });
  directory_.start();
}

bool CameraDirectory::stop() noexcept {
  if (directory_.stop_within(kStopPatience)) return true;
  log_warning("the NATS server of the directory does not answer; left behind");
  return false;
}

// What memory, threads or descriptors do not suffice for now is tried again.
void CameraDirectory::on_changes() noexcept {
  const size_t before = state_.names.named().size();
  try {
    const std::vector<NatsDirectory::Camera> listed = directory_.take_cameras();
    for (size_t i = 0; i < listed.size(); ++i) show(first_ + i, listed[i]);
  } catch (const std::exception& error) {
    log_gated(gate_, clock_.now(), LogLevel::error, "the directory of cameras: {}", error.what());
    directory_.wake_again();
  }
  if (state_.names.named().size() > before) on_named_();
}

void CameraDirectory::show(size_t camera, const NatsDirectory::Camera& listed) {
  if (camera < state_.names.named().size()) return state_.names.show(camera, listed.is_there);
  if (cameras_[camera]->loop == nullptr) {
    const std::string& directory = options_.cameras.back().source;
    name_camera(*cameras_[camera], listed.name, nats_camera_url(directory, listed.subject),
                options_);
  }
  state_.name_camera(listed.name);
}

std::unique_ptr<CameraDirectory> open_directory(
    const Options& options, const std::vector<std::unique_ptr<RunningCamera>>& cameras,
    ServerState& state) {
  if (!options.cameras.back().is_directory()) return nullptr;
  return std::make_unique<CameraDirectory>(options, cameras, state);
}

}  // namespace fanlight
