// SPDX-License-Identifier: Apache-2.0
// SimBackend: a kernel simulated in a few hundred lines.
//
// It interprets the bytes of the SQEs that production code fills in, against simulated sockets
// (SimNetwork) and a virtual clock (SimClock) that jumps to the next event. Everything that a real
// kernel leaves open (order of completions, sizes, delays, errors) is drawn from a seed, so a run
// is repeated exactly by its seed. Anything that production code must never do is a CHECK failure:
// see io/backend.h for the rules.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/random.h"
#include "io/backend.h"
#include "tests/sim/faults/fault_plan.h"
#include "tests/sim/faults/sim_faults.h"
#include "tests/sim/sim_clock.h"
#include "tests/sim/sim_network.h"

namespace fanlight {

// Counts of events, so that tests can check that they occurred.
struct SimCounts {
  uint64_t waits = 0;
  uint64_t empty_waits = 0;  // without an event
  uint64_t requests = 0;
  uint64_t events = 0;
  uint64_t short_sends = 0;
  uint64_t waiting_sends = 0;  // that found no room
  uint64_t short_receives = 0;
  uint64_t late = 0;
  uint64_t reordered = 0;
  uint64_t no_buffers = 0;
  uint64_t zero_copies = 0;  // notifications delivered
  uint64_t resets = 0;       // by the network
  uint64_t accept_failures = 0;
  uint64_t queue_full = 0;  // submissions because the queue was full
};

// Owns: the requests in flight, the descriptors of sockets, their network.
// Thread: one. Descriptors of sockets are virtual, from kFirstDescriptor on; lower ones are the
// process's own, and only READ (of an eventfd), POLL_ADD and CLOSE are carried out on them.
class SimBackend final : public Backend {
 public:
  static constexpr int kFirstDescriptor = 1 << 20;

  SimBackend(uint64_t seed, const SimFaults& faults);
  ~SimBackend() override;

  // --- Backend ---

  io_uring_sqe* next_sqe() noexcept override;
  unsigned wait(std::span<Event> events, Instant deadline) noexcept override;
  Instant now() noexcept override { return clock_.now(); }
  WallTime wall_now() noexcept override;
  uint64_t peer_progress(int fd) noexcept override;
  void reset_on_close(int fd) noexcept override;
  PeerAddress peer_address(int fd) noexcept override;
  int open_spare() noexcept override;
  void share_memory(std::span<const std::byte>, int) noexcept override {}
  bool register_descriptor(int fd) noexcept override;
  void unregister_descriptor(int fd) noexcept override;
  void detach(int fd) noexcept override {
    CHECK(descriptors_.at(fd).connection != nullptr && !slots_.contains(fd));
    descriptors_.at(fd).detached = true;
  }
  bool offload_tls(int) noexcept override { return false; }
  bool can_report_zero_copy() const noexcept override { return faults_.zero_copy_reports; }
  const char* name() const noexcept override { return "simulation"; }

  // --- the test's side ---

  // Events planned on the clock happen inside wait().
  SimClock& clock() { return clock_; }
  SimNetwork& network() { return network_; }

  // A listening socket.
  int listen();
  // A peer's connection to it. The peer's end is the caller's until the caller has closed it; the
  // connection is the network's, which keeps it.
  SimConnection& connect(int listener, const SimLink& link);

  // Another descriptor for the same connection, as another process would get it; the first one is
  // not used any more, and detached before it is closed.
  int share(int fd) { return open_descriptor(Descriptor(descriptors_.at(fd))); }

  // The current or the next wait() returns, with or without an event.
  void interrupt() { interrupted_ = true; }
  // The limit on descriptors; accept and open_spare() fail with EMFILE beyond it.
  void set_descriptor_limit(size_t limit) { descriptor_limit_ = limit; }
  // Single calls that fail, in addition to SimFaults; the plan outlives the backend.
  void set_fault_plan(FaultPlan& plan) { plan_ = &plan; }
  // SimFaults::cancel_lost, from now on.
  void set_cancel_lost(double probability) { faults_.cancel_lost = probability; }
  // Answers requests on a descriptor that is not open with EBADF instead of failing.
  void allow_bad_descriptors() { bad_descriptors_allowed_ = true; }
  // Sets the wall clock, as an administrator or NTP does.
  void set_wall_clock(WallTime time) { wall_at_start_ += time - wall_now(); }

  bool is_open(int fd) const { return descriptors_.contains(fd); }
  size_t open_descriptors() const { return descriptors_.size(); }  // virtual ones
  size_t in_flight() const { return in_flight_.size(); }  // whose final event has not been fetched
  const SimCounts& counts() const { return counts_; }
  // Folds every event so far into a hash: its time, request, result and flags. Equal for equal
  // seeds.
  uint64_t trace_hash() const { return trace_hash_; }

 private:
  // A request between submission and its final event.
  struct Request {
    uint64_t id = 0;  // counts requests
    uint64_t user_data = 0;
    uint8_t opcode = 0;
    int fd = -1;
    char* buffer = nullptr;  // RECV, READ
    size_t size = 0;
    std::vector<std::string_view> pieces;  // SEND, SENDMSG
    uint64_t pieces_hash = 0;              // to detect whether the caller changes them
    short poll_events = 0;                 // POLL_ADD
    int how = 0;                           // SHUTDOWN
    uint64_t target = 0;                   // ASYNC_CANCEL
    Instant last_event_at{};               // ACCEPT, SEND_ZC
    bool has_waited = false;
    bool may_wait = true;  // a send without MSG_DONTWAIT
  };
  struct Descriptor {
    uint64_t connection_or_listener = 0;  // number in the network; 0 for a spare one
    SimConnection* connection = nullptr;  // nullptr for a listener and a spare one
    bool reset_on_close = false;
    bool registered = false;
    bool detached = false;  // its close leaves the connection to the other descriptor
  };
  // Requests in flight on a descriptor, virtual or not: waiting ones, by kind.
  struct Slots {
    uint64_t input = 0;   // id of ACCEPT, RECV, READ or POLL_ADD; 0: none
    uint64_t output = 0;  // id of SEND or SENDMSG
    unsigned others = 0;  // SHUTDOWN
  };
  struct Outcome {
    int32_t result;
    uint32_t flags = 0;
    std::string data = {};  // to be copied into the buffer
  };
  struct Completion {
    Request request;
    Outcome outcome;
  };
  // A SEND_ZC whose result was delivered, but not its notification.
  struct Notification {
    Request request;
    const SimConnection* connection;
    uint64_t sent_until;  // the peer has it all once it has acknowledged this many bytes
    bool copied;
  };
  using Order = std::tuple<Instant, uint64_t, uint64_t>;  // when, shuffle, count

  void submit();
  void start(const io_uring_sqe& sqe);
  Request read_sqe(const io_uring_sqe& sqe);
  void occupy(const Request& request);
  void vacate(const Request& request);
  void attempt(uint64_t id);
  void retry(int fd);
  void retry_changed();
  bool retry_real_descriptors();
  void settle();
  void notify_later();
  void notify_acknowledged();

  // Each returns an outcome, or nothing if the request has to wait.
  std::optional<Outcome> perform(Request& request);
  std::optional<Outcome> fail(const Request& request);
  int planned_error(SimCall call, int fd);
  size_t planned_limit(size_t bytes) { return plan_ == nullptr ? bytes : plan_->limit(bytes); }
  SimConnection* connection_of(const Request& request) const;
  void pass_time();
  void run_until(Instant until);
  std::optional<Outcome> perform_accept(Request& request, Descriptor& listener);
  std::optional<Outcome> perform_receive(const Request& request, SimConnection& connection);
  std::optional<Outcome> perform_send(const Request& request, SimConnection& connection);
  std::optional<Outcome> perform_zero_copy(Request& request, SimConnection& connection);
  void owe_notification(Request request, const SimConnection& connection, bool copied);
  std::optional<Outcome> perform_poll(const Request& request, const Descriptor& descriptor);
  std::optional<Outcome> perform_real(const Request& request);
  Outcome perform_cancel(const Request& request);
  Outcome perform_close(const Request& request);

  void complete(const Request& request, Outcome outcome);
  unsigned deliver(std::span<Event> events);
  Event finish(Completion& completion);
  Instant next_completion() const;
  int open_descriptor(Descriptor descriptor);
  int descriptor_of(uint64_t connection_or_listener) const;
  bool chance(double probability) { return random_.chance(probability); }
  void fold(uint64_t value);

  SimFaults faults_;
  FaultPlan* plan_ = nullptr;

  Random random_;
  SimClock clock_;
  SimNetwork network_;
  std::deque<io_uring_sqe> queue_;         // prepared, not yet submitted
  std::map<int, Descriptor> descriptors_;  // virtual ones
  std::map<int, Slots> slots_;
  std::map<uint64_t, int> numbers_;      // of connections and listeners: their descriptor
  std::map<uint64_t, Request> waiting_;  // by id
  std::map<Order, Completion> completions_;
  std::deque<Notification> notifications_;  // not delivered yet
  bool notifying_ = false;                  // notify_acknowledged() is planned
  std::set<uint64_t> in_flight_;            // ids
  std::set<uint64_t> user_data_;            // of requests in flight
  std::set<int> real_waiting_;              // real descriptors that a request waits for

  const Instant started_at_;
  WallTime wall_at_start_;
  size_t descriptor_limit_ = SIZE_MAX;
  int next_descriptor_ = kFirstDescriptor;
  uint64_t next_request_ = 0;
  uint64_t next_completion_ = 0;
  uint64_t trace_hash_ = 0;
  unsigned turns_in_place_ = 0;  // waits in a row without time passing
  SimCounts counts_;
  bool interrupted_ = false;
  bool bad_descriptors_allowed_ = false;
};

}  // namespace fanlight
