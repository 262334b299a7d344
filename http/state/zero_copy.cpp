// SPDX-License-Identifier: Apache-2.0
#include "http/state/zero_copy.h"

#include <cerrno>

namespace fanlight {

bool ZeroCopy::wants(size_t bytes, bool peer_is_local, Instant now) noexcept {
  if (state_ == State::never || bytes < kZeroCopyBytesMin) return false;
  if (state_ == State::always) return true;
  // The kernel always copies for peers on this machine; they would distort the verdict for others.
  if (peer_is_local) return false;
  if (state_ == State::bad && now >= retry_at_) begin_trial();
  if (state_ == State::bad) return false;
  return state_ == State::good || begun_++ < kTrialSends;
}

bool ZeroCopy::notified(bool copied, Instant now) noexcept {
  if (state_ != State::trial && state_ != State::good) return false;
  ++notified_;
  copied_ += copied;
  if (copied_ > kCopiedMax) return turn_off(now);
  if (notified_ < kVerdictAfter) return false;
  state_ = State::good;
  notified_ = copied_ = 0;
  return false;
}

bool ZeroCopy::refused(Instant now) noexcept {
  if (state_ != State::trial && state_ != State::good) return false;
  return turn_off(now);
}

bool ZeroCopy::is_refusal(int result) noexcept {
  return result == -ENOMEM || result == -ENOBUFS || result == -EOPNOTSUPP || result == -EINVAL;
}

void ZeroCopy::begin_trial() noexcept {
  state_ = State::trial;
  begun_ = notified_ = copied_ = 0;
}

// Notifications of sends still in flight do not affect the next trial, which begins long after
// them.
bool ZeroCopy::turn_off(Instant now) noexcept {
  state_ = State::bad;
  retry_at_ = now + kRetryAfter;
  return true;
}

}  // namespace fanlight
