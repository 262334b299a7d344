// SPDX-License-Identifier: Apache-2.0
// Operation: one request to the kernel and where its completion is delivered.
//
// An Operation is embedded in the object that makes the request (a connection has two), and its
// address is the SQE's user_data, so that a completion finds its owner without a table or a lookup.
#pragma once

#include <linux/io_uring.h>

#include <cstdint>

#include "core/check.h"

namespace fanlight {

// The completion of one request, as io_uring gives it (io_uring_enter(2)); the other backends give
// the same. `flags` matters: with IORING_CQE_F_MORE, further completions of the same request
// follow.
struct Completion {
  int32_t result;  // >= 0, or -errno
  uint32_t flags;  // IORING_CQE_F_*
  bool final() const { return !(flags & IORING_CQE_F_MORE); }
};

// Owns: nothing.
// Thread: its owner's shard.
// Invariants: at most one request in flight; the owner outlives its last completion, which the
//   destructor checks; the address never changes.
class Operation {
 public:
  // Between a request and its completion thousands of others are handled, so the memory that the
  // completion touches is no longer in the caches. This many bytes from the Operation on are
  // fetched ahead of the handler: an owner keeps there what its handler needs often.
  static constexpr size_t kTouchedBytes = 512;

  // Runs to completion, may destroy the owner (and so this Operation) as its last act.
  using Handler = void (*)(void* owner, Completion) noexcept;

  Operation(void* owner, Handler handler) : owner_(owner), handler_(handler) {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  ~Operation() { CHECK(!in_flight_); }

  bool in_flight() const { return in_flight_; }

  // Whether its requests name a registered descriptor (Backend::register_descriptor()).
  void use_registered(bool registered) { registered_ = registered; }
  bool uses_registered() const { return registered_; }

 private:
  friend class Reactor;
  void start(int fd) noexcept {
    CHECK(!in_flight_);
    in_flight_ = true;
    fd_ = fd;
  }
  // Nothing may touch *this after the handler.
  void complete(Completion completion) noexcept {
    CHECK(in_flight_);
    in_flight_ = !completion.final();
    handler_(owner_, completion);
  }

  void* owner_;
  Handler handler_;
  bool in_flight_ = false;
  bool registered_ = false;
  int fd_ = -1;  // of the request in flight
};

// Operation recv_ = bind<&Connection::on_received>(this);
template <auto Method, class Owner>
Operation bind(Owner* owner) {
  return {owner, [](void* object, Completion completion) noexcept {
            (static_cast<Owner*>(object)->*Method)(completion);
          }};
}

}  // namespace fanlight
