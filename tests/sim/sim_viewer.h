// SPDX-License-Identifier: Apache-2.0
// SimViewer: a simulated client that follows its script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/time.h"
#include "tests/sim/response_parser.h"
#include "tests/sim/sim_backend.h"

namespace fanlight {

inline constexpr size_t kNoLimit = SIZE_MAX;

// A client's behaviour. Byte counts are of what it has received since it connected.
struct SimScript {
  enum class Sending { at_once, byte_at_a_time, in_pieces };

  Duration connect_after{0};                                          // from the moment it is added
  std::string request = "GET /stream HTTP/1.1\r\nHost: sim\r\n\r\n";  // any bytes
  Sending sending = Sending::at_once;
  Duration send_interval = 1ms;         // between bytes or pieces
  bool half_close = false;              // sends FIN after the request
  double read_rate = 0;                 // bytes per second, 0: as they arrive
  size_t stall_after = kNoLimit;        // then stops reading; 0: reads nothing at all
  size_t reset_after = kNoLimit;        // then sends RST
  size_t close_after = kNoLimit;        // then sends FIN
  Duration close_at = Duration::max();  // after connecting
  Duration cut_at = Duration::max();    // after connecting: vanishes silently
  SimLink link{};
  bool parse = true;  // false: the response is not examined
};

enum class SimEnd {
  unconnected,
  open,
  finished,  // the server's FIN arrived, after everything before it
  reset,     // the server's RST arrived
  left,      // the client closed or reset it, following its script
};

// Owns: its end of one connection. Thread: one; it acts when the clock or the network calls it.
class SimViewer {
 public:
  SimViewer(SimBackend& backend, int listener, SimScript script, uint64_t seed);
  SimViewer(const SimViewer&) = delete;
  SimViewer& operator=(const SimViewer&) = delete;
  ~SimViewer();

  const SimScript& script() const { return script_; }
  const ResponseParser& parser() const { return parser_; }
  const ParsedStream& stream() const { return parser_.stream(); }
  // The first error in the server's bytes; empty if there is none.
  const std::string& violation() const { return parser_.violation(); }
  // Of the first final response; 0 if there is none.
  int status() const;
  // Called for each whole picture with its sequence number.
  void set_on_frame(std::function<void(uint64_t)> f) { on_frame_ = std::move(f); }

  SimEnd end() const { return end_; }
  uint64_t connection() const { return connection_number_; }  // in the network; 0: none yet
  uint64_t bytes() const { return bytes_; }
  Instant connected_at() const { return connected_at_; }
  Instant first_frame_at() const { return first_frame_at_; }  // kNever: none arrived
  Instant last_byte_at() const { return last_byte_at_; }
  Instant ended_at() const { return ended_at_; }
  // The longest time between two arrivals of bytes in the client's kernel, whether it reads them or
  // not, since the first frame; the time from the last arrival until now, or until its end, counts
  // too.
  Duration longest_silence() const;

  // Its line gets better or worse, if it is connected: bytes per second, 0: no limit.
  void set_line(double bytes_per_second) {
    if (connection_ != nullptr) connection_->set_rate(bytes_per_second);
  }

  // Leaves, if it is still connected.
  void close();

 private:
  void connect();
  void send_some();
  void on_change();
  void read_some();
  size_t read_limit() const;
  void leave();
  void note_end(SimEnd end);
  SimClock::Appointment plan(Duration delay, void (SimViewer::*action)());

  SimBackend& backend_;
  const int listener_;
  const SimScript script_;
  Random random_;
  ResponseParser parser_;
  SimConnection* connection_ = nullptr;  // the network's; nullptr before and after
  uint64_t connection_number_ = 0;
  std::vector<SimClock::Appointment> plans_;
  std::function<void(uint64_t)> on_frame_;

  SimEnd end_ = SimEnd::unconnected;
  size_t sent_ = 0;
  uint64_t bytes_ = 0;    // that the client has read
  uint64_t arrived_ = 0;  // in its kernel
  Instant may_read_at_{};
  bool reading_planned_ = false;
  Instant connected_at_ = kNever;
  Instant first_frame_at_ = kNever;
  Instant last_byte_at_ = kNever;
  Instant ended_at_ = kNever;
  Duration longest_silence_{0};
};

}  // namespace fanlight
