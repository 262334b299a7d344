// SPDX-License-Identifier: Apache-2.0
// LoadResult: the results of a run, in numbers. load_report.h writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/load/latency_histogram.h"
#include "tools/load/process_usage.h"

namespace fanlight {

// Of durations, in milliseconds; nothing where nothing was recorded.
struct Percentiles {
  std::optional<double> p50, p95, p99, max;
};
Percentiles percentiles_of(const LatencyHistogram& histogram);

// How evenly something is spread over viewers.
struct Spread {
  uint64_t min = 0;
  uint64_t p5 = 0;  // the smallest value that at least 5 % do not exceed
  double median = 0;
  uint64_t max = 0;
  double mean = 0;
  // Jain's index of fairness (Jain, Chiu, Hawe: A Quantitative Measure of Fairness, 1984): (sum
  // x)^2 / (n * sum x^2). 1: all have the same; 1/n: one has everything. Nothing when all have
  // nothing.
  std::optional<double> jain;
};
// Nothing when there are no values.
std::optional<Spread> spread_of(std::vector<uint64_t> values);

// The viewers of one kind that were given a stream, or still wait for it. Over the window.
struct KindResult {
  size_t viewers = 0;
  std::optional<Spread> frames;
  Percentiles age;  // the server's X-Timestamp to the last byte
  uint64_t frames_sum = 0;
  uint64_t gaps = 0;  // sequence numbers that were skipped
  // The share of skipped frames; nothing when there were no frames.
  std::optional<double> loss() const;
};

struct ServerResult {
  double cpu_s = 0;    // in the window
  ProcessUsage begin;  // before the first connect
  ProcessUsage end;    // of the window
  ProcessUsage max;    // memory only
};

// With --segments.
struct SegmentsResult {
  uint64_t whole_frames = 0;
  uint64_t whole_bytes = 0;
  uint64_t updates = 0;  // that are not empty
  uint64_t update_bytes = 0;
  uint64_t empty_updates = 0;
  uint64_t broken = 0;  // of the whole run
  std::string problem;  // of one of those
  // The last pictures of viewers whose pictures were joined: by hash, how many viewers have it.
  std::map<uint64_t, uint64_t> last_pictures;
};

struct LoadResult {
  std::string url;
  uint64_t seed = 0;
  size_t viewers = 0;
  double duration_s = 0;                          // of the window
  std::optional<std::string> congestion_control;  // of the viewers' sockets
  // Viewers and responses, of the whole run.
  uint64_t connected = 0;
  uint64_t refused_503 = 0;
  uint64_t refused_503_with_retry_after = 0;
  uint64_t refused_other = 0;
  std::map<unsigned, uint64_t> statuses;  // number of responses by status, except 200
  uint64_t not_multipart = 0;
  uint64_t connect_errors = 0;
  uint64_t disconnected = 0;
  uint64_t reconnects = 0;
  uint64_t never = 0;  // viewers that got no frame, or stalled ones that got no stream
  // Frames: broken ones of the whole run, the rest of the window.
  uint64_t frames = 0;
  uint64_t bytes = 0;
  uint64_t torn = 0;
  uint64_t falling = 0;
  uint64_t repeats = 0;
  uint64_t looked_at = 0;
  bool has_sequences = false;  // gaps and falling need X-Sequence
  KindResult fast;
  KindResult slow;
  size_t stalled_viewers = 0;
  uint64_t stalled_closed = 0;  // by the server
  Percentiles stalled_life;     // connect() to the closing
  Percentiles first_frame;      // connect() to the last byte of the first frame
  Percentiles skew;
  std::optional<double> rank_min, rank_max;
  std::optional<SegmentsResult> segments;
  std::optional<ServerResult> server;
  double load_cpu_s = 0;  // of this program, in the window

  // CPU time per frame in microseconds; nothing without frames.
  std::optional<double> per_frame_us(double cpu_s) const;

  // False when a viewer saw something that no viewer should; --tolerate ignores it.
  bool is_clean() const;
  // What was wrong, in one line; empty when nothing was.
  std::string complaint() const;
};

}  // namespace fanlight
