// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_viewer.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

// Whether each request of a pipeline is a HEAD.
std::vector<bool> heads_in(std::string_view requests) {
  std::vector<bool> heads;
  for (size_t at = 0; at < requests.size();) {
    heads.push_back(requests.substr(at).starts_with("HEAD "));
    const size_t end = requests.find("\r\n\r\n", at);
    at = end == std::string_view::npos ? requests.size() : end + 4;
  }
  return heads;
}

}  // namespace

SimViewer::SimViewer(SimBackend& backend, int listener, SimScript script, uint64_t seed)
    : backend_(backend),
      listener_(listener),
      script_(std::move(script)),
      random_(seed),
      parser_(heads_in(script_.request)) {
  parser_.set_on_frame([this](uint64_t sequence) {
    if (first_frame_at_ == kNever) first_frame_at_ = backend_.now();
    if (on_frame_) on_frame_(sequence);
  });
  plan(script_.connect_after, &SimViewer::connect);
}

SimViewer::~SimViewer() {
  for (const SimClock::Appointment& appointment : plans_) backend_.clock().call_off(appointment);
  if (connection_ != nullptr) connection_->set_on_change(nullptr);
  close();
}

SimClock::Appointment SimViewer::plan(Duration delay, void (SimViewer::*action)()) {
  const auto appointment = backend_.clock().after(delay, [this, action] { (this->*action)(); });
  // Past ones no longer need to be cancelled.
  std::erase_if(plans_, [&](const auto& one) { return one.first < backend_.now(); });
  plans_.push_back(appointment);
  return appointment;
}

int SimViewer::status() const {
  for (const ParsedResponse& response : parser_.responses()) {
    if (response.status >= 200) return response.status;
  }
  return 0;
}

Duration SimViewer::longest_silence() const {
  if (first_frame_at_ == kNever) return Duration(0);
  const Instant until = ended_at_ == kNever ? backend_.now() : ended_at_;
  return std::max(longest_silence_, until - last_byte_at_);
}

void SimViewer::connect() {
  connection_ = &backend_.connect(listener_, script_.link);
  connection_number_ = connection_->id();
  connected_at_ = backend_.now();
  end_ = SimEnd::open;
  connection_->set_on_change([this] { on_change(); });
  if (script_.close_at < Duration::max()) plan(script_.close_at, &SimViewer::close);
  if (script_.cut_at < Duration::max()) {
    plans_.push_back(backend_.clock().after(script_.cut_at, [this] {
      if (connection_ != nullptr) connection_->cut();
    }));
  }
  send_some();
}

void SimViewer::send_some() {
  if (connection_ == nullptr) return;
  const size_t left = script_.request.size() - sent_;
  size_t bytes = left;
  if (script_.sending == SimScript::Sending::byte_at_a_time) bytes = std::min<size_t>(left, 1);
  if (script_.sending == SimScript::Sending::in_pieces && left > 0) bytes = 1 + random_.below(left);
  if (bytes > 0) connection_->write(std::string_view(script_.request).substr(sent_, bytes));
  sent_ += bytes;
  if (sent_ < script_.request.size()) {
    plan(script_.send_interval, &SimViewer::send_some);
  } else if (script_.half_close) {
    connection_->shut_down_writing();
  }
}

// How many bytes the script allows to be received in total.
size_t SimViewer::read_limit() const {
  return std::min({script_.stall_after, script_.reset_after, script_.close_after});
}

void SimViewer::on_change() {
  if (connection_ == nullptr) return;
  if (connection_->acknowledged() > arrived_) {
    if (first_frame_at_ != kNever) {
      longest_silence_ = std::max(longest_silence_, backend_.now() - last_byte_at_);
    }
    arrived_ = connection_->acknowledged();
    last_byte_at_ = backend_.now();
  }
  if (!reading_planned_) read_some();
}

void SimViewer::read_some() {
  reading_planned_ = false;
  while (connection_ != nullptr && !connection_->arrived().empty() && bytes_ < read_limit()) {
    if (may_read_at_ > backend_.now()) {
      reading_planned_ = true;
      plan(may_read_at_ - backend_.now(), &SimViewer::read_some);
      return;
    }
    size_t bytes = std::min<size_t>(connection_->arrived().size(), read_limit() - bytes_);
    if (script_.read_rate > 0) {
      // About 20 times a second.
      const double portion = std::clamp(script_.read_rate / 20, 256.0, 65536.0);
      bytes = std::min(bytes, static_cast<size_t>(portion));
      may_read_at_ = std::max(may_read_at_, backend_.now()) +
                     from_seconds(static_cast<double>(bytes) / script_.read_rate);
    }
    if (script_.parse) parser_.feed(connection_->arrived().view().substr(0, bytes));
    bytes_ += bytes;
    connection_->read(bytes);
    if (bytes_ >= script_.reset_after || bytes_ >= script_.close_after) return leave();
  }
  if (connection_ == nullptr) return;
  // A reset after the end may have destroyed bytes that had not been read.
  if (connection_->reset_arrived()) return note_end(SimEnd::reset);
  if (connection_->arrived().empty() && connection_->end_arrived()) {
    if (script_.parse) parser_.end();
    connection_->close_peer();
    note_end(SimEnd::finished);
  }
}

void SimViewer::leave() {
  if (bytes_ >= script_.reset_after) {
    connection_->reset_by_peer();
    note_end(SimEnd::left);
  } else {
    close();
  }
}

void SimViewer::close() {
  if (connection_ == nullptr) return;
  connection_->close_peer();
  note_end(SimEnd::left);
}

void SimViewer::note_end(SimEnd end) {
  end_ = end;
  ended_at_ = backend_.now();
  connection_->set_on_change(nullptr);
  connection_ = nullptr;
}

}  // namespace fanlight
