// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr Duration kTick = 10ms;  // of one phase; a viewer's own tick is kPhases as long
// The longest that an idle thread may take to see that the run is over.
constexpr int kIdleWaitMs = 100;
// Connects before the connected viewers are served: a burst must be a burst, and first frames must
// be seen when they arrive.
constexpr size_t kConnectsPerTurn = 64;
constexpr size_t kEventsPerTurn = 256;
constexpr size_t kScratchBytes = 256 << 10;

}  // namespace

LoadThread::LoadThread(LoadShared& shared, const std::vector<ViewerKind>& kinds, size_t first,
                       size_t step)
    : shared_(shared), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll_create1");
  for (size_t i = first; i < kinds.size(); i += step) {
    viewers_.emplace_back(i, kinds[i], shared.options.check_every, shared.options.seed);
    if (viewers_.back().needs_ticks()) ticking_.push_back(&viewers_.back());
  }
}

LoadThread::~LoadThread() {
  CHECK(!thread_.joinable());
}

void LoadThread::start(int cpu) {
  thread_ = std::thread([this] { run(); });
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  CHECK(::pthread_setaffinity_np(thread_.native_handle(), sizeof set, &set) == 0);
}

void LoadThread::join() {
  if (thread_.joinable()) thread_.join();
}

void LoadThread::run() {
  const auto scratch = std::make_unique<std::array<char, kScratchBytes>>();
  const uint64_t seed =
      shared_.options.seed * 1'000'003 + (viewers_.empty() ? 0 : viewers_[0].index());
  ViewerContext context{shared_, tally_, epoll_.get(), *scratch, Random(seed), {}};
  std::array<epoll_event, kEventsPerTurn> events;
  next_tick_ = context.read_clock();
  ticked_at_.fill(context.now);
  while (!shared_.stop.load(std::memory_order_relaxed)) {
    const bool more_to_connect = connect_some(context);
    const int timeout = more_to_connect ? 0 : next_timeout_ms(context);
    const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout);
    CHECK(ready >= 0 || errno == EINTR);
    context.read_clock();
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      static_cast<LoadViewer*>(event.data.ptr)->on_ready(context, event.events);
    }
    tick(context);
  }
  for (LoadViewer& viewer : viewers_) viewer.end();
}

// Opens connections that are due; true when more are due.
bool LoadThread::connect_some(ViewerContext& context) {
  for (size_t count = 0; next_to_connect_ < viewers_.size(); ++count) {
    LoadViewer& viewer = viewers_[next_to_connect_];
    if (due(viewer) > context.now) return false;
    if (count == kConnectsPerTurn) return true;
    viewer.connect(context);
    ++next_to_connect_;
  }
  return false;
}

// The ramp is even over all viewers of all threads.
Instant LoadThread::due(const LoadViewer& viewer) const {
  const double part =
      static_cast<double>(viewer.index()) / static_cast<double>(shared_.options.viewers);
  return shared_.begin + from_seconds(to_seconds(shared_.options.ramp) * part);
}

int LoadThread::next_timeout_ms(const ViewerContext& context) const {
  Instant next = context.now + std::chrono::milliseconds(kIdleWaitMs);
  if (!ticking_.empty()) next = std::min(next, next_tick_);
  if (next_to_connect_ < viewers_.size()) next = std::min(next, due(viewers_[next_to_connect_]));
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - context.now);
  return static_cast<int>(std::clamp<int64_t>(wait.count(), 0, kIdleWaitMs));
}

void LoadThread::tick(ViewerContext& context) {
  if (ticking_.empty() || context.now < next_tick_) return;
  next_tick_ = context.now + kTick;
  const Duration since = context.now - ticked_at_[phase_];
  ticked_at_[phase_] = context.now;
  for (size_t i = phase_; i < ticking_.size(); i += kPhases) ticking_[i]->on_tick(context, since);
  phase_ = (phase_ + 1) % kPhases;
}

}  // namespace fanlight
