// SPDX-License-Identifier: Apache-2.0
// Body: an answer made piece by piece, as the client takes it.
//
// Any handler can answer with a Body. It is pulled only when the socket has taken all of the piece
// before, so a client that stops reading stops the work, and memory stays flat whatever the length.
// A Body whose next bytes must be fetched elsewhere (another shard, a database thread) answers
// `pending` and calls ready() later, on the shard's own thread, out of a Mailbox message. One that
// may turn out to be an error fetches its first bytes before the head is sent: prepare().
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fanlight {

// Owns: whatever its kind needs; made and released by its shard.
// Thread: its shard's.
// Invariants: pull() is not called while pending; ready() is called once for each `pending`, also
//   when the client has left meanwhile: the connection waits for it before the Body is released,
//   unless give_up() says that it need not.
class Body {
 public:
  enum class State { more, pending, done, failed };
  struct Pulled {
    size_t bytes;  // written to the beginning of `room`; 0 when pending
    // done: nothing follows these bytes. failed: it cannot be finished, and must not look as if it
    // were whole; there are no bytes.
    State state;
  };
  // Why there is no such answer: a status of HTTP, 0 when there is one, and one line of text.
  struct Failure {
    int status = 0;
    std::string_view reason;
  };
  using Ready = void (*)(void* owner) noexcept;

  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Fetches what decides whether it is an answer or an error, and calls ready() when that is known.
  // Only for answers of Answer::Kind::await_body, once, before anything else.
  virtual void prepare() noexcept { CHECK(false && "it has nothing to prepare"); }
  // Behind prepare(): whether there is an answer.
  virtual Failure failure() const noexcept { return {}; }

  // Writes the next bytes. `room` is at least 1 KiB.
  virtual Pulled pull(std::span<char> room) noexcept = 0;

  // While pending: nobody waits for its bytes any more, because the client has left or they have
  // not come in time. True: ready() will not be called, and failure() says why. False: it will, and
  // must be waited for.
  virtual bool give_up() noexcept { return false; }

  // Returns the Body to where it came from; it is not touched afterwards.
  virtual void release() noexcept = 0;

  // Whom ready() tells; set by the connection before the first pull().
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
