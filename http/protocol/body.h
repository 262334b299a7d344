// SPDX-License-Identifier: Apache-2.0
// Body: an answer produced piece by piece as the client reads it.
//
// Any handler can answer with a Body. It is pulled only when the socket has taken all of the
// previous piece, so a client that stops reading stops the work, and memory use does not depend on
// the length. A Body whose next bytes must be fetched elsewhere (another shard, a database thread)
// returns `pending` and later calls ready() on the shard's own thread, from a Mailbox message. A
// Body that may turn out to be an error fetches its first bytes before the head is sent: prepare().
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: whatever its type needs; created and released by its shard.
// Thread: its shard's.
// Invariants: pull() is not called while pending; ready() is called once for each `pending`, even
//   if the client has left meanwhile: the connection waits for it before it releases the Body,
//   unless give_up() returns true.
class Body {
 public:
  enum class State { more, pending, done, failed };
  struct Pulled {
    size_t bytes;  // written to the beginning of `room`; 0 when pending
    // done: nothing follows these bytes. failed: it cannot be completed, and must not look complete
    // to the client; there are no bytes.
    State state;
  };
  // Why there is no answer: an HTTP status, 0 if there is an answer, and one line of text.
  struct Failure {
    int status = 0;
    std::string_view reason;
  };
  using Ready = void (*)(void* owner) noexcept;

  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Fetches what decides between an answer and an error, and calls ready() when that is known. Only
  // for an AwaitBody; called once, before anything else.
  virtual void prepare() noexcept { CHECK(false && "it has nothing to prepare"); }
  // After prepare(): why there is no answer, if so.
  virtual Failure failure() const noexcept { return {}; }

  // Writes the next bytes. `room` is at least 2 KiB.
  virtual Pulled pull(std::span<char> room) noexcept = 0;

  // While pending: the bytes are no longer wanted, because the client has left or they did not
  // arrive in time. True: ready() will not be called, and failure() gives the reason. False:
  // ready() will be called, and the caller must wait for it.
  virtual bool give_up() noexcept { return false; }

  // Returns the Body to its pool; it may not be used afterwards.
  virtual void release() noexcept = 0;

  // The receiver of ready(); set by the connection before the first pull().
  void set_owner(void* owner, Ready handler) noexcept {
    owner_ = owner;
    ready_ = handler;
  }
  bool is_pending() const noexcept { return pending_; }

 protected:
  ~Body() = default;
  Pulled wait() noexcept {
    pending_ = true;
    return {0, State::pending};
  }
  void ready() noexcept {
    pending_ = false;
    ready_(owner_);
  }

 private:
  void* owner_ = nullptr;
  Ready ready_ = nullptr;
  bool pending_ = false;
};

}  // namespace fanlight
