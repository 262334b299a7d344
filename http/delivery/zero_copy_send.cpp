// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/zero_copy_send.h"

#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "core/log.h"
#include "http/delivery/channel.h"
#include "io/zero_copy_abi.h"

namespace fanlight {

ZeroCopySend::ZeroCopySend(ZeroCopySends& sends, ZeroCopySender& sender, Channel& channel,
                           const Frame& frame) noexcept
    : sends_(sends),
      sender_(sender),
      channel_(channel),
      frame_(frame),
      operation_(bind<&ZeroCopySend::on_completed>(this)) {
  channel_.pin(frame_);
}

ZeroCopySend::~ZeroCopySend() {
  channel_.unpin(frame_);
}

void ZeroCopySend::on_completed(Completion completion) noexcept {
  ZeroCopySends& sends = sends_;
  ZeroCopySender& sender = sender_;
  const bool is_result = !(completion.flags & IORING_CQE_F_NOTIF);
  if (is_result) {
    took_bytes_ = completion.result > 0;
    sends.note_result(completion.result);
    if (!completion.final()) sender.zero_copies_owed().push_back(*this);
  } else {
    const auto usage = static_cast<uint32_t>(completion.result);
    // A send that took nothing also reports a copy.
    if (took_bytes_) sends.note_usage((usage & IORING_NOTIF_USAGE_ZC_COPIED) != 0);
    sender.zero_copies_owed().remove(*this);
  }
  if (completion.final()) sends.slab_.destroy(this);
  // This is last, because it may destroy the sender.
  if (is_result) {
    sender.on_zero_copy_result(completion.result);
  } else {
    sender.on_zero_copy_done();
  }
}

ZeroCopySends::ZeroCopySends(Reactor& reactor, ShardStats& stats, ZeroCopyMode mode,
                             size_t capacity)
    : reactor_(reactor),
      stats_(stats),
      policy_(mode, mode != ZeroCopyMode::off && reactor.backend().can_report_zero_copy()),
      slab_(capacity) {}

ZeroCopySend* ZeroCopySends::try_send(ZeroCopySender& sender, int fd, bool peer_is_local,
                                      Channel& channel, const Frame& frame,
                                      std::span<const char> bytes) noexcept {
  // Checks for a free slot first: a send that the policy has counted must be made.
  if (slab_.used() == slab_.capacity()) return nullptr;
  if (!policy_.wants(bytes.size(), peer_is_local, reactor_.now())) return nullptr;
  ZeroCopySend* send = slab_.make(*this, sender, channel, frame);
  reactor_.submit(send->operation_, prepare_send_zero_copy, fd, bytes.data(), bytes.size(),
                  MSG_NOSIGNAL);
  return send;
}

void ZeroCopySends::cancel(ZeroCopySend& send) noexcept {
  reactor_.cancel(send.operation_);
}

void ZeroCopySends::note_result(int result) noexcept {
  if (result > 0) stats_.sent_zero_copy.add();
  if (!ZeroCopy::is_refusal(result)) return;
  stats_.zero_copy_refused.add();
  if (policy_.refused(reactor_.now())) note_turned_off(std::strerror(-result));
}

void ZeroCopySends::note_usage(bool copied) noexcept {
  if (copied) stats_.zero_copy_copied.add();
  if (policy_.notified(copied, reactor_.now())) note_turned_off("the kernel copies anyway");
}

void ZeroCopySends::note_turned_off(const char* reason) noexcept {
  if (std::exchange(logged_, true)) return;
  log_info("zero copy does not pay here: {}; trying again every {} minutes", reason,
           std::chrono::duration_cast<std::chrono::minutes>(ZeroCopy::kRetryAfter).count());
}

}  // namespace fanlight
