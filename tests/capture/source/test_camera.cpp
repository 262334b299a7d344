// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/source/test_camera.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "capture/draw/canvas.h"
#include "capture/source/pacer.h"

namespace fanlight {
namespace {

class TestSource final : public Source {
 public:
  explicit TestSource(TestCamera& camera)
      : camera_(camera),
        format_{320, 240, camera.interval, camera.jpeg.size()},
        pacer_(camera.clock, camera.interval) {}
  ~TestSource() override { camera_.closed.push_back(camera_.clock.elapsed()); }

  const SourceFormat& format() const override { return format_; }

  std::optional<Picture> next(Instant deadline) override {
    static constexpr std::byte kGarbage[] = {std::byte{0xff}, std::byte{0xd8}, std::byte{0}};
    if (camera_.mood == Mood::silent) {
      camera_.clock.wait_until(deadline);
      return std::nullopt;
    }
    if (!pacer_.wait(deadline)) return std::nullopt;
    if (camera_.mood == Mood::gone) {
      throw std::system_error(ENODEV, std::system_category(), "read /dev/secret");
    }
    if (camera_.mood == Mood::confused) throw std::runtime_error("what is a camera?");
    losses_.lost += camera_.losses.lost;
    losses_.damaged += camera_.losses.damaged;
    losses_.unusable += camera_.losses.unusable;
    losses_.late += camera_.losses.late;
    Picture picture{camera_.jpeg, {}, 320, 240, camera_.clock.wall_now(), camera_.clock.now()};
    if (camera_.mood == Mood::garbage) picture.jpeg = kGarbage;
    if (camera_.mood == Mood::large) picture.jpeg = camera_.large_jpeg;
    if (camera_.mood == Mood::repeating) picture.is_repeat = true;
    if (camera_.mood == Mood::foreign_slate) picture.slate_reason = "camera lost: unplugged";
    if (camera_.mood == Mood::raw) {
      picture.jpeg = {};
      picture.raw = canvas_.view();
    }
    return picture;
  }

  std::string identity() const override { return camera_.identity; }
  SourceLosses losses() const override { return losses_; }
  bool may_be_silent() const override { return camera_.may_be_silent; }

 private:
  TestCamera& camera_;
  SourceFormat format_;
  Canvas canvas_{320, 240};
  SourceLosses losses_;
  Pacer pacer_;
};

}  // namespace

WallTime FakeClock::wall_now() noexcept {
  constexpr WallTime kWallStart{std::chrono::seconds(1'700'000'000)};
  return kWallStart + std::chrono::floor<std::chrono::microseconds>(now_ - kStart) + wall_step_;
}

Wake FakeClock::wait(std::span<pollfd> waits, Instant deadline) noexcept {
  if (observer_) observer_();
  for (;;) {
    if (stopped_) return Wake::stop;
    if (::poll(waits.data(), waits.size(), 0) > 0) return Wake::ready;
    pollfd interrupt{interrupts().fd(), POLLIN, 0};
    if (::poll(&interrupt, 1, 0) == 1) {
      interrupts().drain();
      return Wake::interrupted;
    }
    if (deadline <= now_) return Wake::deadline;
    const auto next = events_.begin();
    if (next == events_.end() && deadline == kNever) {
      ADD_FAILURE() << "an endless wait at " << elapsed() << " s";
      stopped_ = true;
    } else if (next == events_.end() || next->first > deadline) {
      now_ = deadline;
    } else {
      now_ = std::max(now_, next->first);
      const auto event = std::move(next->second);
      events_.erase(next);
      event();
    }
  }
}

std::unique_ptr<Source> TestCamera::open(const SourceOptions& options) {
  opened.push_back(clock.elapsed());
  first_sequences.push_back(options.first_sequence);
  identities.push_back(options.identity);
  patience.push_back(to_seconds(options.patience));
  if (open_error) throw std::system_error(*open_error, std::system_category(), "open /dev/secret");
  return std::make_unique<TestSource>(*this);
}

void Recorder::look() {
  const FrameRef frame = ring_.newer_than(last_);
  if (!frame) return;
  last_ = frame->sequence();
  shots.push_back({clock_.elapsed(), frame->info(), std::string(frame->jpeg()),
                   std::string(frame->plain_part().substr(
                       0, frame->bare_part().size() - frame->jpeg().size()))});
}

std::vector<Recorder::Shot> Recorder::slates() const {
  std::vector<Shot> found;
  std::copy_if(shots.begin(), shots.end(), std::back_inserter(found),
               [](const Shot& shot) { return shot.info.is_slate(); });
  return found;
}

std::vector<Recorder::Shot> Recorder::pictures() const {
  std::vector<Shot> found;
  std::copy_if(shots.begin(), shots.end(), std::back_inserter(found),
               [](const Shot& shot) { return !shot.info.is_slate(); });
  return found;
}

size_t lines_with(const std::string& log, const std::string& text) {
  size_t count = 0;
  for (size_t at = log.find(text); at != log.npos; at = log.find(text, at + text.size())) ++count;
  return count;
}

}  // namespace fanlight
