// SPDX-License-Identifier: Apache-2.0
// LoadThread: a thread that runs a share of the viewers.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "core/fd.h"
#include "tools/load/load_tally.h"
#include "tools/load/load_viewer.h"

namespace fanlight {

// Owns: an epoll set, its viewers, and the thread between start() and join().
// Thread: run() in its own; tally() by any; viewers() after join().
class LoadThread {
 public:
  // A viewer for each `step`-th of the kinds, beginning with the `first`; all threads together have
  // each once. Throws std::system_error when there is no epoll set for it.
  LoadThread(LoadShared& shared, const std::vector<ViewerKind>& kinds, size_t first, size_t step);
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;
  ~LoadThread();

  // `cpu` >= 0: the thread runs only there, which confine_to() found possible.
  void start(int cpu);
  // After LoadShared::stop was set.
  void join();

  const LoadTally& tally() const { return tally_; }
  const std::deque<LoadViewer>& viewers() const { return viewers_; }

 private:
  void run();
  bool connect_some(ViewerContext& context);
  Instant due(const LoadViewer& viewer) const;
  int next_timeout_ms(const ViewerContext& context) const;
  void tick(ViewerContext& context);

  LoadShared& shared_;
  LoadTally tally_;
  Fd epoll_;
  std::deque<LoadViewer> viewers_;
  std::vector<LoadViewer*> ticking_;  // slow ones, and those that come again
  size_t next_to_connect_ = 0;        // index into viewers_
  // Those of index i have their tick in phase i % kPhases, so that there is a little to do often.
  static constexpr size_t kPhases = 4;
  std::array<Instant, kPhases> ticked_at_{};
  size_t phase_ = 0;
  Instant next_tick_{};
  std::thread thread_;
};

}  // namespace fanlight
