// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_directory.h"

#include <poll.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "capture/nats/announcement.h"
#include "core/check.h"

namespace fanlight {

static_assert(NatsDirectory::kPatience > 3 * kAnnounceEvery);

namespace {

// By then a server has refused what it does not permit.
constexpr Duration kSettle = 1s;

}  // namespace

NatsDirectory::NatsDirectory(NatsDirectoryConfig config, CameraClock& clock, NatsConnect connect)
    : config_(std::move(config)),
      clock_(clock),
      connect_(std::move(connect)),
      retry_delay_(config_.retry_min, config_.retry_max, clock.now()),
      thread_(clock) {
  CHECK(config_.cameras_max > 0);
}

std::vector<NatsDirectory::Camera> NatsDirectory::take_cameras() {
  changed_.drain();
  const std::lock_guard lock(lock_);
  return cameras_;
}

void NatsDirectory::run() noexcept {
  while (!clock_.stop_requested()) {
    try {
      serve();
    } catch (const std::exception& error) {
      failed(error.what());
    }
    if (clock_.stop_requested()) return;
    clock_.wait_until(clock_.now() + retry_delay_.next());
  }
}

void NatsDirectory::failed(std::string_view what) noexcept {
  log(is_told_ ? LogLevel::debug : LogLevel::warning, "the directory at {}: {}", config_.shown,
      what);
  is_told_ = true;
}

void NatsDirectory::serve() {
  const std::unique_ptr<NatsLink> link = connect_(config_.login);
  link->subscribe(announcement_subject(config_.login.address.subject), NatsLink::kNoLimit);
  const Instant begun = clock_.now();
  bool is_settled = false;
  for (Camera& camera : cameras_) camera.heard_at = begun;
  while (!clock_.stop_requested()) {
    const auto events = static_cast<short>(link->is_sending() ? POLLIN | POLLOUT : POLLIN);
    pollfd wait{link->fd(), events, 0};
    const Instant next = is_settled ? kNever : begun + kSettle;
    if (clock_.wait({&wait, 1}, std::min(next, next_end())) == Wake::ready) {
      link->step(wait.revents);
    }
    if (!is_settled && clock_.now() >= begun + kSettle) {
      is_settled = true;
      settle();
    }
    while (const auto message = link->next()) {
      if (const auto subject = announced_subject(*message); !subject.empty()) hear(subject);
    }
    end_silent();
  }
}

void NatsDirectory::settle() noexcept {
  log_info("cameras are announced at {}", config_.shown);
  is_told_ = false;
  retry_delay_.reset();
}

void NatsDirectory::hear(std::string_view subject) {
  const auto known = std::find_if(cameras_.begin(), cameras_.end(),
                                  [&](const Camera& camera) { return camera.subject == subject; });
  if (known == cameras_.end()) return add(subject);
  known->heard_at = clock_.now();
  if (!known->is_there) return set(*known, true);
  if (wakes_again_.exchange(false)) changed_.wake();
}

void NatsDirectory::add(std::string_view subject) {
  if (std::ranges::find(config_.own, subject) != config_.own.end()) return;
  const std::string name = announced_name(subject, config_.login.address.subject);
  const bool is_taken = std::ranges::find(config_.taken, name) != config_.taken.end() ||
                        std::any_of(cameras_.begin(), cameras_.end(),
                                    [&](const Camera& camera) { return camera.name == name; });
  if (name.empty() || is_taken) {
    return log_gated(name_gate_, clock_.now(), LogLevel::warning,
                     "the directory at {}: {} is not shown: {}", config_.shown, subject,
                     name.empty() ? "a name of 1 to 32 characters a-z, 0-9 and - cannot be made "
                                    "of its subject"
                                  : "there is another camera of that name");
  }
  if (cameras_.size() == config_.cameras_max) {
    return log_gated(full_gate_, clock_.now(), LogLevel::warning,
                     "the directory at {}: {} is not shown: there are {} cameras already "
                     "(max-cameras)",
                     config_.shown, subject, cameras_.size());
  }
  {
    const std::lock_guard lock(lock_);
    cameras_.push_back({name, std::string(subject), clock_.now(), false});
  }
  set(cameras_.back(), true);
}

void NatsDirectory::end_silent() {
  for (Camera& camera : cameras_) {
    const bool is_silent = clock_.now() >= camera.heard_at + kPatience;
    if (camera.is_there && is_silent) set(camera, false);
  }
}

Instant NatsDirectory::next_end() const {
  Instant next = kNever;
  for (const Camera& camera : cameras_) {
    if (camera.is_there) next = std::min(next, camera.heard_at + kPatience);
  }
  return next;
}

void NatsDirectory::set(Camera& camera, bool is_there) {
  {
    const std::lock_guard lock(lock_);
    camera.is_there = is_there;
  }
  log_info("{}: {}", camera.name, is_there ? "announced" : "gone, no longer announced");
  changed_.wake();
}

}  // namespace fanlight
