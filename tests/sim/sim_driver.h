// SPDX-License-Identifier: Apache-2.0
// SimDriver: submits single requests to a SimBackend and examines their completions, for its tests.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sim/sim_backend.h"

namespace fanlight {

// Owns: the backend. Thread: one.
class SimDriver {
 public:
  explicit SimDriver(const SimFaults& faults = {}, uint64_t seed = 1) : backend(seed, faults) {}

  template <class Prepare, class... Args>
  void submit(uint64_t id, Prepare prepare, Args&&... args) {
    io_uring_sqe* sqe = backend.next_sqe();
    prepare(sqe, std::forward<Args>(args)...);
    sqe->user_data = id;
  }
  void submit_accept(uint64_t id, int listener) {
    submit(id, io_uring_prep_multishot_accept, listener, nullptr, nullptr, 0);
  }
  void submit_cancel(uint64_t id, uint64_t target) {
    submit(id, [target](io_uring_sqe* sqe) {
      io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, -1, nullptr, 0, 0);
      sqe->addr = target;
    });
  }

  // All events that occur within `duration`, in order.
  std::vector<Event> run(Duration duration) {
    std::vector<Event> all;
    const Instant end = backend.now() + duration;
    do {
      std::array<Event, 16> events;
      const unsigned count = backend.wait(events, end);
      all.insert(all.end(), events.begin(), events.begin() + count);
    } while (backend.now() < end);
    return all;
  }
  // The result of the next event, which must be that of `id`; nothing if none occurs within 10 s.
  std::optional<int> result(uint64_t id) {
    std::array<Event, 1> event;
    const unsigned count = backend.wait(event, backend.now() + 10s);
    if (count == 0 || event[0].user_data != id) return {};
    return event[0].result;
  }

  // A connection and the descriptor that was accepted for it. Uses id 1'000'000.
  std::pair<int, SimConnection*> connect(const SimLink& link = {}) {
    constexpr uint64_t kAccept = 1'000'000;
    if (listener_ < 0) {
      listener_ = backend.listen();
      submit_accept(kAccept, listener_);
    }
    SimConnection* connection = &backend.connect(listener_, link);
    return {result(kAccept).value_or(-1), connection};
  }

  SimBackend backend;

 private:
  int listener_ = -1;
};

}  // namespace fanlight
