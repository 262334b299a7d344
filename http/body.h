// SPDX-License-Identifier: Apache-2.0
// Body: an answer made piece by piece, as the client takes it.
//
// Any handler can answer with a Body. It is pulled only when the socket has taken all of the piece
// before, so a client that stops reading stops the work, and memory stays flat whatever the length.
// A Body whose next bytes must be fetched elsewhere (another shard, a database thread) answers
// `pending` and calls ready() later, on the shard's own thread, out of a Mailbox message.
#pragma once

#include <cstddef>
#include <span>

namespace fanlight {

// Owns: whatever its kind needs; made and released by its shard.
// Thread: its shard's.
// Invariants: pull() is not called while pending; ready() is called once for each `pending`, also
//   when the client has left meanwhile: the connection waits for it before the Body is released.
class Body {
 public:
  enum class State { more, pending, done };
  struct Pulled {
    size_t bytes;  // written to the beginning of `room`; 0 when pending
    State state;   // done: nothing follows these bytes
  };
  using Ready = void (*)(void* owner) noexcept;

  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Writes the next bytes. `room` is at least 1 KiB.
  virtual Pulled pull(std::span<char> room) noexcept = 0;

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
