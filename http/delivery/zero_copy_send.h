// SPDX-License-Identifier: Apache-2.0
// ZeroCopySends: frames whose memory the kernel is still sending from.
//
// A SEND_ZC completes twice (io/backend.h). After the first completion the connection continues,
// with the rest of the frame or the next one: if it waited for the second, which arrives with the
// peer's acknowledgement, no viewer would get more than one frame per round trip. So the pin on the
// frame, held until the second completion, belongs to a separate object.
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

// The user of such sends: a PieceSender.
// Thread: its shard's.
class ZeroCopySender {
 public:
  // Its sends whose memory the kernel still reads, oldest first.
  virtual List<ZeroCopySend>& zero_copies_owed() noexcept = 0;
  // The first completion: the number of bytes that the kernel took, or -errno.
  virtual void on_zero_copy_result(int result) noexcept = 0;
  // The last completion: the kernel no longer uses the memory. May destroy the sender.
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
  Channel& channel() const noexcept { return channel_; }

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

  // Sends `bytes`, a part of `frame`, by SEND_ZC, and reports its completions to `sender`. Returns
  // the send, for cancel(); nullptr if the caller must use SEND instead.
  ZeroCopySend* try_send(ZeroCopySender& sender, int fd, bool peer_is_local, Channel& channel,
                         const Frame& frame, std::span<const char> bytes) noexcept;

  // Only before the first completion.
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
