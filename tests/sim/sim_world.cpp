// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_world.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.h"
#include "tests/sim/allocation_guard.h"
#include "tests/sim/sim_hash.h"

namespace fanlight {

SimWorld::SimWorld(const SimWorldConfig& config)
    : config_(config),
      ring_(config.ring),
      backend_(mix_hash(config.seed, 1), config.faults),
      camera_(backend_, ring_, config.camera, mix_hash(config.seed, 2)),
      ladder_(backend_, ring_, config.ring, config.rung_bytes) {
  if (config.history) {
    history_.emplace(*config.history);
    camera_.record_in(*history_);
  }
  if (config.wall_clock) backend_.set_wall_clock(*config.wall_clock);
  for (unsigned i = 0; i < config.listeners; ++i) listeners_.push_back(backend_.listen());
}

SimWorld::~SimWorld() = default;

SimViewer& SimWorld::add(SimScript script, size_t listener) {
  const uint64_t seed = mix_hash(config_.seed, 3 + viewers_.size());
  viewers_.push_back(
      std::make_unique<SimViewer>(backend_, listeners_.at(listener), std::move(script), seed));
  SimViewer& viewer = *viewers_.back();
  Newest& newest = newest_[&viewer];
  viewer.set_on_frame([this, &newest](uint64_t sequence) {
    if (sequence <= newest.sequence) return;
    const bool first = std::exchange(newest.sequence, sequence) == 0;
    if (first) return;
    CHECK(camera_.published_at(sequence) < kNever);
    newest.worst_age = std::max(newest.worst_age, now() - camera_.published_at(sequence));
  });
  return viewer;
}

Duration SimWorld::worst_age(const SimViewer& viewer) const {
  return newest_.at(&viewer).worst_age;
}

void SimWorld::run_for(Duration duration, const Turn& turn) {
  run_until([] { return false; }, duration, turn);
}

bool SimWorld::run_until(const std::function<bool()>& done, Duration limit, const Turn& turn) {
  const Instant end = now() + limit;
  const auto alarm = backend_.clock().at(end, [this] { backend_.interrupt(); });
  const uint64_t before = fanlight::forbidden_allocations();
  bool running = true;
  while (running && !done() && now() < end) {
    const AllocationForbidden forbidden;
    running = turn();
  }
  backend_.clock().call_off(alarm);
  forbidden_allocations_ += fanlight::forbidden_allocations() - before;
  return done();
}

void SimWorld::run_without_server(Duration duration) {
  const Instant end = now() + duration;
  std::array<Event, 1> events;
  while (now() < end) CHECK(backend_.wait(events, end) == 0);
}

std::string SimWorld::complaints() const {
  std::string text;
  for (size_t i = 0; i < viewers_.size(); ++i) {
    if (viewers_[i]->violation().empty()) continue;
    text += fmt::format("viewer {}: {}\n", i, viewers_[i]->violation());
  }
  return text;
}

std::string SimWorld::leftovers() const {
  std::string text;
  const size_t sockets = backend_.open_descriptors() - listeners_.size();
  if (sockets > 0) text += fmt::format("{} sockets are open\n", sockets);
  if (backend_.in_flight() > 0) {
    text += fmt::format("{} requests are in flight\n", backend_.in_flight());
  }
  return text;
}

}  // namespace fanlight
