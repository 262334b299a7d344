// SPDX-License-Identifier: Apache-2.0
// The queues of the simulated kernel: submission, order and delivery of completions, time. The
// requests themselves are carried out in sim_requests.cpp.
#include "tests/sim/sim_backend.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/check.h"
#include "io/zero_copy_abi.h"
#include "tests/sim/allocation_guard.h"
#include "tests/sim/sim_hash.h"

namespace fanlight {
namespace {

// A loop that iterates this often without time passing is spinning, or has endless work.
constexpr unsigned kTurnsInPlaceMax = 100'000;

constexpr WallTime kWallStart{std::chrono::seconds(1'767'225'600)};  // 2026-01-01 00:00 UTC

}  // namespace

SimBackend::SimBackend(uint64_t seed, const SimFaults& faults)
    : faults_(faults),
      random_(seed),
      network_(clock_, faults, seed + 1),
      started_at_(clock_.now()),
      wall_at_start_(kWallStart) {}

SimBackend::~SimBackend() = default;

WallTime SimBackend::wall_now() noexcept {
  return wall_at_start_ + std::chrono::floor<std::chrono::microseconds>(clock_.now() - started_at_);
}

uint64_t SimBackend::peer_progress(int fd) noexcept {
  const auto found = descriptors_.find(fd);
  CHECK(found != descriptors_.end() && found->second.connection != nullptr);
  if (planned_error(SimCall::peer_progress, fd) != 0) return 0;
  return found->second.connection->acknowledged();
}

void SimBackend::reset_on_close(int fd) noexcept {
  const auto found = descriptors_.find(fd);
  CHECK(found != descriptors_.end() && found->second.connection != nullptr);
  found->second.reset_on_close = true;
}

// Every second descriptor, so that one run covers both cases.
bool SimBackend::register_descriptor(int fd) noexcept {
  const auto found = descriptors_.find(fd);
  CHECK(found != descriptors_.end() && !found->second.registered);
  if (planned_error(SimCall::register_descriptor, fd) != 0) return false;
  return found->second.registered = fd % 2 == 0;
}

void SimBackend::unregister_descriptor(int fd) noexcept {
  const auto found = descriptors_.find(fd);
  CHECK(found != descriptors_.end() && found->second.registered);
  CHECK(!slots_.contains(fd) || slots_.at(fd).output == 0);  // no send may be using it
  found->second.registered = false;
}

// Of a direct call; 0: it does not fail.
int SimBackend::planned_error(SimCall call, int fd) {
  if (plan_ == nullptr) return 0;
  const AllocationAllowed allowed;
  const auto found = descriptors_.find(fd);
  const bool known = found != descriptors_.end() && found->second.connection != nullptr;
  return static_cast<int>(plan_->next(call, known ? found->second.connection->id() : 0).value);
}

PeerAddress SimBackend::peer_address(int fd) noexcept {
  const auto found = descriptors_.find(fd);
  CHECK(found != descriptors_.end() && found->second.connection != nullptr);
  if (planned_error(SimCall::peer_address, fd) != 0) return {};
  // As getpeername(2): a connection that was reset has no peer.
  return found->second.connection->was_reset() ? PeerAddress{} : found->second.connection->peer();
}

int SimBackend::open_spare() noexcept {
  const AllocationAllowed allowed;
  if (const int error = planned_error(SimCall::open_spare, -1); error != 0) return -error;
  return descriptors_.size() < descriptor_limit_ ? open_descriptor({}) : -EMFILE;
}

int SimBackend::listen() {
  return open_descriptor({.connection_or_listener = network_.listen()});
}

SimConnection& SimBackend::connect(int listener, const SimLink& link) {
  return network_.connect(descriptors_.at(listener).connection_or_listener, link);
}

int SimBackend::open_descriptor(Descriptor descriptor) {
  int fd = next_descriptor_;
  if (faults_.reuses_descriptors) {
    for (fd = kFirstDescriptor; descriptors_.contains(fd);) ++fd;
  } else {
    ++next_descriptor_;
  }
  if (descriptor.connection_or_listener != 0) numbers_[descriptor.connection_or_listener] = fd;
  descriptors_[fd] = descriptor;
  return fd;
}

// --- submission ---

io_uring_sqe* SimBackend::next_sqe() noexcept {
  const AllocationAllowed allowed;
  if (queue_.size() >= faults_.submission_queue) {
    ++counts_.queue_full;
    submit();
  }
  queue_.push_back({});  // a deque never moves its elements
  return &queue_.back();
}

void SimBackend::submit() {
  while (!queue_.empty()) {
    start(queue_.front());
    queue_.pop_front();
  }
}

void SimBackend::start(const io_uring_sqe& sqe) {
  Request request = read_sqe(sqe);
  request.id = ++next_request_;
  ++counts_.requests;
  in_flight_.insert(request.id);
  if (request.user_data != 0) CHECK(user_data_.insert(request.user_data).second);
  occupy(request);
  const uint64_t id = request.id;
  waiting_.emplace(id, std::move(request));
  attempt(id);
}

// At most one request of each kind per descriptor, and none when it is closed (io/backend.h).
void SimBackend::occupy(const Request& request) {
  if (request.fd < 0) return;
  if (request.opcode == IORING_OP_CLOSE) {
    CHECK(!slots_.contains(request.fd));  // closed while something is in flight on it
    return;
  }
  Slots& slots = slots_[request.fd];
  switch (request.opcode) {
    case IORING_OP_ACCEPT:
    case IORING_OP_RECV:
    case IORING_OP_READ:
    case IORING_OP_POLL_ADD:
      CHECK(slots.input == 0);
      slots.input = request.id;
      break;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
    case IORING_OP_SEND_ZC:
      CHECK(slots.output == 0);
      slots.output = request.id;
      break;
    default:
      ++slots.others;
  }
}

void SimBackend::vacate(const Request& request) {
  const auto found = slots_.find(request.fd);
  if (request.fd < 0 || found == slots_.end()) return;
  Slots& slots = found->second;
  if (slots.input == request.id) {
    slots.input = 0;
  } else if (slots.output == request.id) {
    slots.output = 0;
  } else if (request.opcode == IORING_OP_SHUTDOWN) {
    --slots.others;
  }
  if (slots.input == 0 && slots.output == 0 && slots.others == 0) slots_.erase(found);
}

// --- carrying out ---

void SimBackend::attempt(uint64_t id) {
  for (;;) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    std::optional<Outcome> outcome = perform(found->second);
    if (!outcome) {
      found->second.has_waited = true;
      if (found->second.fd >= 0 && found->second.fd < kFirstDescriptor) {
        real_waiting_.insert(found->second.fd);
      }
      return;
    }
    if (outcome->flags & IORING_CQE_F_MORE && found->second.opcode == IORING_OP_ACCEPT) {
      complete(found->second, std::move(*outcome));
      continue;
    }
    const Request request = std::move(found->second);
    waiting_.erase(found);
    complete(request, std::move(*outcome));
    return;
  }
}

void SimBackend::retry(int fd) {
  const auto found = slots_.find(fd);
  if (found == slots_.end()) return;
  // Which of the two is first (and gets the socket's error, for example) is up to the kernel.
  const auto [input, output, others] = found->second;
  const bool output_first = chance(faults_.reordered);
  attempt(output_first ? output : input);
  attempt(output_first ? input : output);
}

void SimBackend::retry_changed() {
  for (const uint64_t number : network_.take_changed()) {
    const auto found = numbers_.find(number);
    if (found != numbers_.end()) retry(found->second);
  }
}

// Polls the real descriptors that requests wait for. Returns whether any was ready.
bool SimBackend::retry_real_descriptors() {
  bool any = false;
  for (const int fd : std::exchange(real_waiting_, {})) {
    const auto found = slots_.find(fd);
    if (found == slots_.end()) continue;
    const uint64_t id = found->second.input;
    attempt(id);
    any |= !waiting_.contains(id);
  }
  return any;
}

// Does everything that is possible without time passing.
void SimBackend::settle() {
  bool again = true;
  while (again) {
    again = clock_.run_due();
    again |= network_.has_changed();
    retry_changed();
    again |= retry_real_descriptors();
  }
}

// Once a millisecond while any notification is owed: checking all of them after every event took
// nine tenths of a run with a thousand slow peers.
void SimBackend::notify_later() {
  if (std::exchange(notifying_, true)) return;
  clock_.after(1ms, [this] {
    notifying_ = false;
    notify_acknowledged();
    if (!notifications_.empty()) notify_later();
  });
}

void SimBackend::notify_acknowledged() {
  for (size_t i = notifications_.size(); i > 0; --i) {
    Notification owed = std::move(notifications_.front());
    notifications_.pop_front();
    const SimConnection& connection = *owed.connection;
    // Copied bytes are no longer needed; a reset discards queued bytes.
    const bool done =
        owed.copied || connection.was_reset() || connection.acknowledged() >= owed.sent_until;
    if (!done) {
      notifications_.push_back(std::move(owed));
      continue;
    }
    ++counts_.zero_copies;
    const uint32_t usage = owed.copied ? IORING_NOTIF_USAGE_ZC_COPIED : 0;
    complete(owed.request, {static_cast<int32_t>(usage), IORING_CQE_F_NOTIF});
  }
}

// --- completion ---

void SimBackend::complete(const Request& request, Outcome outcome) {
  Instant when = clock_.now();
  if (chance(faults_.late)) {
    ++counts_.late;
    when += Duration(random_.below(static_cast<uint64_t>(faults_.late_max.count()) + 1));
  }
  uint64_t shuffle = 0;
  if (chance(faults_.reordered)) {
    ++counts_.reordered;
    shuffle = random_.next();
  }
  if (request.opcode == IORING_OP_ACCEPT) {
    // The events of one request stay in order.
    when = std::max(when, request.last_event_at);
    shuffle = 0;
    if (outcome.flags & IORING_CQE_F_MORE) waiting_.at(request.id).last_event_at = when;
  }
  if (request.opcode == IORING_OP_SEND_ZC) {
    if (outcome.flags & IORING_CQE_F_NOTIF) when = std::max(when, request.last_event_at);
    if (outcome.flags & IORING_CQE_F_MORE) notifications_.back().request.last_event_at = when;
    shuffle = 0;
  }
  const Order order{when, shuffle, ++next_completion_};
  completions_.emplace(order, Completion{request, std::move(outcome)});
}

Instant SimBackend::next_completion() const {
  return completions_.empty() ? kNever : std::get<0>(completions_.begin()->first);
}

unsigned SimBackend::deliver(std::span<Event> events) {
  size_t count_max = events.size();
  if (count_max > 1 && chance(faults_.small_batch)) count_max = 1 + random_.below(count_max);
  unsigned count = 0;
  while (count < count_max && next_completion() <= clock_.now()) {
    auto first = completions_.extract(completions_.begin());
    events[count++] = finish(first.mapped());
  }
  counts_.events += count;
  return count;
}

// The moment at which the caller gets its memory back.
Event SimBackend::finish(Completion& completion) {
  const Request& request = completion.request;
  const Outcome& outcome = completion.outcome;
  CHECK(hash_pieces(request.pieces) == request.pieces_hash);  // sent memory changed in flight
  if (!outcome.data.empty()) {
    CHECK(outcome.data.size() <= request.size);
    std::memcpy(request.buffer, outcome.data.data(), outcome.data.size());
  }
  if (!(outcome.flags & IORING_CQE_F_MORE) || request.opcode == IORING_OP_SEND_ZC) vacate(request);
  if (!(outcome.flags & IORING_CQE_F_MORE)) {
    in_flight_.erase(request.id);
    user_data_.erase(request.user_data);
  }
  fold(static_cast<uint64_t>(clock_.now().time_since_epoch().count()));
  fold(request.id);
  fold(uint64_t{request.opcode} << 32 | outcome.flags);
  fold(static_cast<uint64_t>(outcome.result));
  return {request.user_data, outcome.result, outcome.flags};
}

// The time that the shard took, or in which it was not scheduled.
void SimBackend::pass_time() {
  if (faults_.turn_time_max > Duration(0)) {
    const auto most = static_cast<uint64_t>(faults_.turn_time_max.count());
    run_until(clock_.now() + Duration(random_.below(most + 1)));
  }
  if (plan_ == nullptr) return;
  const Fault fault = plan_->next(SimCall::turn, 0);
  const std::chrono::milliseconds value{fault.value};
  if (fault.kind == Fault::Kind::stall) run_until(clock_.now() + value);
  if (fault.kind == Fault::Kind::jump) clock_.jump(value);
  if (fault.kind == Fault::Kind::wall_clock) set_wall_clock(wall_now() + value);
}

void SimBackend::run_until(Instant until) {
  while (clock_.next() <= until) {
    clock_.advance_to(std::max(clock_.now(), clock_.next()));
    settle();
  }
  clock_.advance_to(std::max(clock_.now(), until));
}

unsigned SimBackend::wait(std::span<Event> events, Instant deadline) noexcept {
  CHECK(!events.empty());
  const AllocationAllowed allowed;
  const Instant began_at = clock_.now();
  ++counts_.waits;
  submit();
  pass_time();
  unsigned count = 0;
  for (;;) {
    settle();
    count = deliver(events);
    if (count > 0 || interrupted_ || clock_.now() >= deadline) break;
    const Instant next = std::min({clock_.next(), next_completion(), deadline});
    CHECK(next < kNever);  // or it would sleep forever
    clock_.advance_to(std::max(clock_.now(), next));
  }
  interrupted_ = false;
  counts_.empty_waits += count == 0;
  turns_in_place_ = clock_.now() == began_at ? turns_in_place_ + 1 : 0;
  CHECK(turns_in_place_ < kTurnsInPlaceMax);
  return count;
}

void SimBackend::fold(uint64_t value) {
  trace_hash_ = mix_hash(trace_hash_, value);
}

}  // namespace fanlight
