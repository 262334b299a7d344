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
  // Takes each `step`-th of the kinds as a viewer, beginning with the `first`; together the threads
  // cover each exactly once. Throws std::system_error when no epoll set can be created.
  LoadThread(LoadShared& shared, const std::vector<ViewerKind>& kinds, size_t first, size_t step);
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;
  ~LoadThread();

  // `cpu` >= 0: the thread runs only there; confine_to() has checked that it may.
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
  std::vector<LoadViewer*> ticking_;  // slow ones, and those that reconnect
  size_t next_to_connect_ = 0;        // index into viewers_
  // Viewers of index i tick in phase i % kPhases: little work, often.
  static constexpr size_t kPhases = 4;
  std::array<Instant, kPhases> ticked_at_{};
  size_t phase_ = 0;
  Instant next_tick_{};
  std::thread thread_;
};

}  // namespace fanlight
