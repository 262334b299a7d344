// SPDX-License-Identifier: Apache-2.0
// LoadRun: a whole run: start, wait for first frames, measure, end.
#pragma once

#include <memory>
#include <vector>

#include "core/fd.h"
#include "tools/load/load_options.h"
#include "tools/load/load_result.h"
#include "tools/load/load_tally.h"
#include "tools/load/load_thread.h"
#include "tools/load/target.h"

namespace fanlight {

// Owns: the threads and what they share.
// Thread: main. SIGINT and SIGTERM are blocked from the constructor on, and end the run early.
class LoadRun {
 public:
  // Throws StartError: no such host or process, more viewers than descriptors or ports.
  explicit LoadRun(const LoadOptions& options);
  ~LoadRun();

  // Ends after --duration, on a signal, when no viewer is left, or within the first second when
  // none gets a stream. Throws StartError (unavailable) when no viewer could connect at all.
  LoadResult run();

 private:
  // Sums over all threads.
  struct Sums {
    uint64_t called = 0, settled = 0, open = 0, frames = 0, bytes = 0;
  };
  Sums sum() const;
  uint64_t total(Counter LoadTally::*counter) const;
  std::unique_ptr<LatencyHistogram> merge(LatencyHistogram LoadTally::*histogram) const;

  void start_threads();
  void stop_threads();
  bool wait_until_settled();
  bool all_failed(const Sums& sums, Instant now) const;
  void measure();
  bool wait(Instant until);
  void show_line(Instant now);
  void sample_server();
  void require_connection() const;
  LoadResult result() const;
  std::optional<SegmentsResult> segments_result() const;
  KindResult kind_result(ViewerKind kind, const LatencyHistogram& age) const;
  void add_ranks(LoadResult& result) const;

  const LoadOptions& options_;
  Target target_;
  LoadShared shared_;
  std::vector<std::unique_ptr<LoadThread>> threads_;
  Fd signals_;
  Instant window_begin_{};
  Instant window_end_{};
  Duration load_cpu_begin_{};
  Duration load_cpu_end_{};
  ProcessUsage server_start_;  // before the first connect
  ProcessUsage server_window_begin_;
  ProcessUsage server_last_;  // as last sampled
  ProcessUsage server_max_;   // memory only
  // The state that the last line of the live view was computed from.
  Instant shown_at_{};
  Sums shown_sums_;
  ProcessUsage shown_usage_;
  std::unique_ptr<LatencyHistogram> shown_age_;
};

}  // namespace fanlight
