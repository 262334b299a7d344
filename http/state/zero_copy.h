// SPDX-License-Identifier: Apache-2.0
// ZeroCopy: decides between SEND_ZC and SEND for a frame, from the kernel's notifications.
//
// SEND_ZC saves the copy into the kernel only where the network card reads the bytes from memory
// itself. On the loopback device, on veth, and for cards without scatter-gather the kernel copies
// anyway, and the bookkeeping is extra work; the notification reports this. Routes change, so the
// trial is repeated after some time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace fanlight {

enum class ZeroCopyMode { automatic, on, off };

// Smaller sends are cheaper to copy than to pin and account for.
inline constexpr size_t kZeroCopyBytesMin = 16 << 10;

// Owns: nothing; no I/O, no clock.
// Thread: its shard's.
// Invariants: no zero-copy send where the kernel does not report copies, or with `off`; every large
//   send with `on`; with `automatic` only sends to other machines, and after the first kTrialSends
//   only after a good verdict.
class ZeroCopy {
 public:
  static constexpr uint32_t kTrialSends = 64;    // started without a verdict
  static constexpr uint32_t kVerdictAfter = 32;  // notifications; slow peers' may be late
  static constexpr uint32_t kCopiedMax = 8;      // of those; with more copies it does not pay
  static constexpr Duration kRetryAfter = 10min;

  // `can_report`: Backend::can_report_zero_copy().
  ZeroCopy(ZeroCopyMode mode, bool can_report) noexcept
      : state_(!can_report || mode == ZeroCopyMode::off ? State::never
               : mode == ZeroCopyMode::on               ? State::always
                                                        : State::trial) {}

  // False if zero copy will never be used; then callers need not find out where peers are.
  bool is_possible() const noexcept { return state_ != State::never; }

  // Whether the next send, of this size, should be a SEND_ZC.
  bool wants(size_t bytes, bool peer_is_local, Instant now) noexcept;

  // Handles the notification of a send that took bytes. True if it turns zero copy off.
  bool notified(bool copied, Instant now) noexcept;

  // Handles a send that the kernel refused for a reason related to zero copy; the caller repeats it
  // as a plain send. True if this turns zero copy off.
  bool refused(Instant now) noexcept;

  // Whether -`result` is such a reason: ENOMEM (the user's limit of locked memory), ENOBUFS (the
  // socket's limit), EOPNOTSUPP (kTLS and other layers), EINVAL.
  static bool is_refusal(int result) noexcept;

 private:
  enum class State : uint8_t {
    never,
    always,
    trial,  // counting sends until the verdict
    good,   // in use; judged again every kVerdictAfter notifications
    bad,    // off until retry_at_
  };

  void begin_trial() noexcept;
  bool turn_off(Instant now) noexcept;

  State state_;
  uint32_t begun_ = 0;     // in the trial
  uint32_t notified_ = 0;  // since the last verdict
  uint32_t copied_ = 0;    // of those
  Instant retry_at_{};
};

}  // namespace fanlight
