// SPDX-License-Identifier: Apache-2.0
// ZeroCopy: whether a frame goes out by SEND_ZC or by SEND, decided by what the kernel says of it.
//
// SEND_ZC saves the copy into the kernel only where the network card takes the bytes from memory
// itself. On the loopback device, on veth, and for cards without scatter-gather the kernel copies
// all the same and the bookkeeping comes on top; it says so in the notification. Routes change, so
// a verdict is asked for again after some time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace fanlight {

enum class ZeroCopyMode { automatic, on, off };

// Smaller ones are cheaper to copy than to pin and to account for.
inline constexpr size_t kZeroCopyBytesMin = 16 << 10;

// Owns: nothing; no I/O, no clock.
// Thread: its shard's.
// Invariants: nothing is sent so where usage is not reported, nor with `off`; everything large is
//   with `on`; with `automatic` only to peers on other machines, and beyond the first kTrialSends
//   only after a good verdict.
class ZeroCopy {
 public:
  static constexpr uint32_t kTrialSends = 64;    // begun without a verdict
  static constexpr uint32_t kVerdictAfter = 32;  // notifications; those of slow peers may be late
  static constexpr uint32_t kCopiedMax = 8;      // of them, beyond which it does not pay
  static constexpr Duration kRetryAfter = 10min;

  // `can_report`: Backend::can_report_zero_copy().
  ZeroCopy(ZeroCopyMode mode, bool can_report) noexcept
      : state_(!can_report || mode == ZeroCopyMode::off ? State::never
               : mode == ZeroCopyMode::on               ? State::always
                                                        : State::trial) {}

  // False when it never will: then nobody needs to ask where peers are.
  bool is_possible() const noexcept { return state_ != State::never; }

  // Whether the next send, of so many bytes, should be a SEND_ZC.
  bool wants(size_t bytes, bool peer_is_local, Instant now) noexcept;

  // The notification of a send that took bytes. True when this turns it off.
  bool notified(bool copied, Instant now) noexcept;

  // The kernel refused a send for a reason that concerns zero copy; the caller repeats it as a
  // plain one. True when this turns it off.
  bool refused(Instant now) noexcept;

  // Whether -`error` is such a reason: ENOMEM (the user may lock no more memory), ENOBUFS (nor the
  // socket), EOPNOTSUPP (kTLS and other layers), EINVAL.
  static bool is_refusal(int result) noexcept;

 private:
  enum class State : uint8_t {
    never,
    always,
    trial,  // sends are counted until the verdict
    good,   // goes on, and is judged again with every kVerdictAfter notifications
    bad,    // until retry_at_
  };

  void begin_trial() noexcept;
  bool turn_off(Instant now) noexcept;

  State state_;
  uint32_t begun_ = 0;     // of the trial
  uint32_t notified_ = 0;  // since the last verdict
  uint32_t copied_ = 0;    // of them
  Instant retry_at_{};
};

}  // namespace fanlight
