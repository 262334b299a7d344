// SPDX-License-Identifier: Apache-2.0
// SimulatedPeer: a client of the simulation that does what it is told, and examines every answer.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tests/sim/response_parser.h"
#include "tests/sim/sim_backend.h"

namespace fanlight {

// Owns: its end of one connection. Thread: one; it acts when the network calls it.
class SimulatedPeer {
 public:
  SimulatedPeer(SimBackend& backend, int listener, const SimLink& link)
      : connection_(backend.connect(listener, link)) {
    connection_.set_on_change([this] { on_change(); });
  }
  SimulatedPeer(const SimulatedPeer&) = delete;
  SimulatedPeer& operator=(const SimulatedPeer&) = delete;
  ~SimulatedPeer() {
    connection_.set_on_change(nullptr);
    close();
  }

  void send(std::string_view bytes) {
    if (has_left_ || has_ended_writing_) return;
    sent_ += bytes;
    // The answer to a HEAD has no body, and where one is among any bytes is for the server to say.
    if (sent_.find("HEAD") != sent_.npos) is_examined_ = false;
    connection_.write(bytes);
  }
  void end_writing() {
    if (!has_left_ && !std::exchange(has_ended_writing_, true)) connection_.shut_down_writing();
  }
  void close() {
    if (!std::exchange(has_left_, true)) connection_.close_peer();
  }
  void reset() {
    if (!std::exchange(has_left_, true)) connection_.reset_by_peer();
  }
  // Vanishes: neither end is told.
  void cut() { connection_.cut(); }
  void set_reading(bool reading) {
    is_reading_ = reading;
    if (reading) on_change();
  }

  // The first error in the server's bytes; empty if there is none.
  std::string_view violation() const {
    return is_examined_ ? std::string_view(parser_.violation()) : std::string_view();
  }

 private:
  void on_change() {
    if (has_left_) return;
    if (is_reading_ && !connection_.arrived().empty()) {
      const std::string bytes(connection_.arrived().view());
      if (is_examined_) parser_.feed(bytes);
      connection_.read(bytes.size());
    }
    const bool was_reset = connection_.reset_arrived();
    if (!was_reset && !(connection_.arrived().empty() && connection_.end_arrived())) return;
    if (!was_reset && is_examined_) parser_.end();
    close();
  }

  SimConnection& connection_;
  ResponseParser parser_;
  std::string sent_;
  bool is_examined_ = true;
  bool is_reading_ = true;
  bool has_ended_writing_ = false;
  bool has_left_ = false;
};

}  // namespace fanlight
