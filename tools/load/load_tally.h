// SPDX-License-Identifier: Apache-2.0
// LoadTally: what the viewers of one thread saw, and LoadShared: the state all threads share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/counter.h"
#include "core/time.h"
#include "tools/load/arrival_table.h"
#include "tools/load/latency_histogram.h"
#include "tools/load/load_options.h"
#include "tools/load/target.h"

namespace fanlight {

// Thread: written by its own, read by any. "Window" is the measured time.
struct LoadTally {
  // Viewers.
  Counter called;      // connect() was called for the first time
  Counter settled;     // first frame, refusal or failure: no longer waiting
  Counter open;        // streams at this moment
  Counter connected;   // were given a stream at least once
  Counter reconnects;  // connect() was called again
  Counter gone;        // closed, and will not reconnect
  // Responses that are not a stream.
  Counter refused_503;
  Counter refused_503_with_retry_after;
  Counter refused_other;              // other statuses
  Counter not_multipart;              // 200, but no multipart stream
  std::array<Counter, 600> statuses;  // by number, except 200; 0: not HTTP, or not a status
  // How connections ended.
  Counter connect_errors;
  Counter first_connect_errno;
  Counter disconnected;    // by the server, of viewers that read
  Counter stalled_closed;  // by the server, of stalled viewers, as expected
  // Of the whole run.
  Counter frames;
  Counter bytes;  // of JPEG
  Counter torn;
  Counter falling;
  Counter sequences;  // parts with X-Sequence
  Counter broken;     // with --segments: what UpdateChecker does not accept
  // Of the window.
  Counter window_frames;
  Counter window_bytes;
  Counter repeats;
  Counter looked_at;
  // Of the window, with --segments.
  Counter whole_frames;
  Counter whole_bytes;
  Counter updates;
  Counter update_bytes;
  Counter empty_updates;
  // Times.
  LatencyHistogram live_age;  // of fast viewers, of the whole run, for the line per second
  LatencyHistogram fast_age;  // of the window
  LatencyHistogram slow_age;
  LatencyHistogram first_frame;   // connect() to the last byte of the first frame
  LatencyHistogram stalled_life;  // connect() until the server closed
};

// Thread: constant or atomic.
struct LoadShared {
  LoadShared(const LoadOptions& chosen, const Target& server) : options(chosen), target(server) {}

  bool is_in_window(Instant now) const {
    const int64_t ns = now.time_since_epoch().count();
    return ns >= window_begin_ns.load(std::memory_order_relaxed) &&
           ns < window_end_ns.load(std::memory_order_relaxed);
  }

  const LoadOptions& options;
  const Target& target;
  ArrivalTable arrivals;
  size_t fast_viewers = 0;
  Instant begin;           // of the first connect
  Duration wall_offset{};  // wall clock minus monotonic clock
  std::atomic<int64_t> window_begin_ns{INT64_MAX};
  std::atomic<int64_t> window_end_ns{INT64_MAX};
  std::atomic<bool> stop{false};
};

}  // namespace fanlight
