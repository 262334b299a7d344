// SPDX-License-Identifier: Apache-2.0
#include "tools/server/service.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace fanlight {
namespace {

std::string status_text(const ServerState& state) {
  const size_t cameras = state.names.named().size(), more = state.names.size() - cameras;
  return fmt::format("{} of {} viewers at most, {} cameras{}", state.config.backend,
                     state.config.admission.viewers_max, cameras,
                     more == 0 ? "" : fmt::format(", up to {} announced ones", more));
}

}  // namespace

Service::Service(ServiceParts parts)
    : parts_(std::move(parts)), status_(status_text(parts_.state)) {}

void Service::begin() noexcept {
  parts_.listeners.possess();
  parts_.server.begin();
  for (const auto& each : parts_.cameras) {
    if (each->loop) each->loop->begin();
  }
  is_main_ = true;
  parts_.manager.ready(status_);
}

// Where the predecessor's cameras are is where these go on. From stop_predecessor() to deliver(),
// viewers wait.
void Service::take_over(std::unique_ptr<Successor> successor, Background& starter) {
  successor_ = std::move(successor);
  const auto names = parts_.state.names.named();
  const std::vector<CameraState> before =
      successor_->stop_predecessor({names.begin(), names.end()});
  for (const auto& camera : parts_.cameras) {
    if (camera->loop == nullptr) continue;
    const auto same = std::find_if(before.begin(), before.end(), [&](const CameraState& each) {
      return each.name == camera->options.name;
    });
    const CameraState from = same == before.end() ? CameraState() : *same;
    camera->ring->continue_from(from.sequence, from.pictures);
    camera->loop->continue_from(from.sequence);
    if (!is_exclusive(*camera)) camera->loop->begin();
  }
  successor_->take_viewers(read_monotonic_clock());
  parts_.listeners.possess();
  parts_.server.begin();
  successor_->deliver(parts_.state);
  parts_.main_loop.watch(successor_->fd(), [this, &starter] { on_predecessor(starter); });
}

void Service::on_predecessor(Background& starter) noexcept {
  const int fd = successor_->fd();
  if (!successor_->on_ready(parts_.state, read_monotonic_clock())) parts_.main_loop.unwatch(fd);
  if (is_main_ || !successor_->are_cameras_released()) return;
  is_main_ = true;
  for (const auto& camera : parts_.cameras) {
    if (is_exclusive(*camera)) camera->loop->begin();
  }
  parts_.manager.ready(status_);
  starter.report(ExitCode::ok);
}

void Service::admit_successor(MessageListener listener) {
  OpenListeners& listeners = parts_.listeners;
  listener.possess();
  predecessor_.emplace(
      std::move(listener), parts_.main_loop,
      Estate{.state = parts_.state,
             .listeners = listeners.viewers,
             .admin_listeners = listeners.admin,
             .are_inherited = listeners.inherited,
             .are_admin_inherited = listeners.admin_inherited,
             .manager = parts_.manager.fd(),
             .keep_alive_period = parts_.manager.keep_alive_period(),
             .name_successor = [this](pid_t process) { parts_.manager.succeeded_by(process); },
             .release_cameras = [this] { release_cameras(parts_.cameras); },
             .reload = [this] { reload(); }});
}

void Service::stay() {
  parts_.main_loop.run([this] { reload(); }, tick_period(), [this] { tick(); });
  if (predecessor_ && predecessor_->is_succeeded()) return predecessor_->finish();
  parts_.manager.stopping();
}

void Service::reload() noexcept {
  parts_.manager.reloading(read_monotonic_clock());
  parts_.read_again();
  parts_.manager.ready(status_);
}

std::optional<Duration> Service::tick_period() const noexcept {
  const std::optional<Duration> alive = parts_.manager.keep_alive_period();
  const std::optional<Duration> measured = parts_.pressure.period();
  return alive && measured ? std::min(*alive, *measured) : alive ? alive : measured;
}

// The watchdog ping is withheld while a shard hangs, so the manager restarts the service.
void Service::tick() noexcept {
  const Instant now = read_monotonic_clock();
  parts_.pressure.tick(parts_.state.relief, parts_.cameras, now);
  if (!is_main_) return;
  const std::optional<unsigned> shard = parts_.state.hanging_shard(now);
  if (!shard) return parts_.manager.keep_alive();
  log_gated(hanging_, now, LogLevel::error, "shard {} hangs; watchdog pings withheld", *shard);
}

}  // namespace fanlight
