// SPDX-License-Identifier: Apache-2.0
// PassingOrder: one step in which a shard passes its streams on to another process, ordered by the
// main thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/mailbox.h"
#include "core/time.h"
#include "http/takeover/stream_state.h"

namespace fanlight {

struct ShardLink;

// A message to a shard, and its answer.
// Owns: nothing; the sockets are the shard's until it has been told Step::confirm.
// Thread: main's, which makes it; while an order is carried out, the shard's.
// Invariant: one order at a time for each shard.
struct PassingOrder : Message {
  enum class Step : uint8_t {
    hold,     // accept no more clients, and begin no more frames for streams that can be passed on
    collect,  // describe those that have ended their frame, in `streams`
    confirm,  // those collected so far are the other process's: close our descriptors; and end what
              // it does not get
    resume,   // they are ours again: everything continues
  };
  // A message to the other process can carry 253 descriptors (SCM_MAX_FD, unix(7)).
  static constexpr size_t kStreamsMax = 128;

  Step step = Step::hold;
  std::vector<bool> cameras{};  // hold: whether streams of each camera can be passed on
  bool waits_for_busy = false;  // collect: answered only once a stream has ended its frame
  Instant until{};              // collect: but answered by then, even if nothing was collected

  // The answer to `collect`.
  std::array<PassedStream, kStreamsMax> streams;
  size_t count = 0;
  size_t busy = 0;  // streams that are still sending their frame

  ShardLink* link = nullptr;    // of the shard
  Mailbox* reply_to = nullptr;  // main's
  bool is_back = true;          // main's: it has been answered
};

// Streams of another process, for a shard to go on with.
// Owns: the sockets, until the shard has them.
// Thread: main's; from Mailbox::post() on, the shard's, until it has returned.
struct StreamDelivery : Message {
  static constexpr size_t kStreamsMax = 128;
  std::array<PassedStream, kStreamsMax> streams;
  size_t count = 0;
  ShardLink* link = nullptr;    // of the shard
  Mailbox* reply_to = nullptr;  // main's
  bool is_back = true;          // main's: the shard has taken them
};

}  // namespace fanlight
