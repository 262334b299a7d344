// SPDX-License-Identifier: Apache-2.0
// ZeroCopySends: the frames whose memory the kernel is still sending from.
//
// A SEND_ZC completes twice (io/backend.h). With the first completion the connection goes on, to
// the rest of the frame or to the next one: waiting for the second, which comes with the peer's
// acknowledgement, would give nobody more frames than one per round trip. So what is owed until
// the second, a pin on the frame, belongs to an object of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/frame.h"
#include "core/list.h"
#include "core/slab.h"
#include "core/time.h"
#include "http/state/server_state.h"
#include "http/state/zero_copy.h"
#include "io/operation.h"
#include "io/reactor.h"

namespace fanlight {

class Channel;
class ZeroCopySend;
class ZeroCopySends;

// What makes such sends: a connection.
// Thread: its shard's.
class ZeroCopySender {
 public:
  // Its sends whose memory the kernel still reads, oldest first.
  virtual List<ZeroCopySend>& zero_copies_owed() noexcept = 0;
  // The first completion: bytes that the kernel took, or -errno.
  virtual void on_zero_copy_result(int result) noexcept = 0;
  // The last one: the kernel has done with the memory. May destroy the sender.
  virtual void on_zero_copy_done() noexcept = 0;

 protected:
  ~ZeroCopySender() = default;
};

// One SEND_ZC from its submission to its last completion.
// Owns: one pin (in the channel) on the frame.
// Thread: its shard's.
// Invariants: its sender lives until then; linked in the sender's list between its two completions.
class ZeroCopySend : public ListHook<> {
 public:
  ZeroCopySend(ZeroCopySends& sends, ZeroCopySender& sender, Channel& channel,
               const Frame& frame) noexcept;
  ~ZeroCopySend();

  uint64_t sequence() const noexcept { return frame_.sequence(); }

 private:
  friend class ZeroCopySends;
  void on_completed(Completion completion) noexcept;

  ZeroCopySends& sends_;
  ZeroCopySender& sender_;
  Channel& channel_;
  const Frame& frame_;
  Operation operation_;
  bool took_bytes_ = false;
};

// Owns: the sends in flight, at most `capacity`; the policy.
// Thread: its shard's.
class ZeroCopySends {
 public:
  ZeroCopySends(Reactor& reactor, ShardStats& stats, ZeroCopyMode mode, size_t capacity);
  ZeroCopySends(const ZeroCopySends&) = delete;
  ZeroCopySends& operator=(const ZeroCopySends&) = delete;

  // Sends `bytes`, a part of `frame`, by SEND_ZC, and reports its completions to `sender`; the
  // send, for cancel(). nullptr when it is not to be: then it must be sent by SEND.
  ZeroCopySend* try_send(ZeroCopySender& sender, int fd, bool peer_is_local, Channel& channel,
                         const Frame& frame, std::span<const char> bytes) noexcept;

  // Before the first completion.
  void cancel(ZeroCopySend& send) noexcept;

 private:
  friend class ZeroCopySend;
  void note_result(int result) noexcept;
  void note_usage(bool copied) noexcept;
  void note_turned_off(const char* reason) noexcept;

  Reactor& reactor_;
  ShardStats& stats_;
  ZeroCopy policy_;
  Slab<ZeroCopySend> slab_;
  bool logged_ = false;
};

}  // namespace fanlight
