// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/uvc/frame_payloads.h"

#include <linux/usb/video.h>

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr size_t kHeaderBytes = 2;  // no time stamps: Device Class for Video 1.1, section 2.4.3.3

}  // namespace

void FramePayloads::begin(std::vector<uint8_t> frame, bool is_flagged) {
  frame_ = std::move(frame);
  sent_ = 0;
  is_flagged_ = is_flagged;
  frame_id_ = !frame_id_;
}

void FramePayloads::abandon() {
  sent_ = frame_.size();
}

std::vector<uint8_t> FramePayloads::next(size_t bytes_max) {
  CHECK(!is_done() && bytes_max > kHeaderBytes);
  const size_t count = std::min(bytes_max - kHeaderBytes, frame_.size() - sent_);
  int flags = UVC_STREAM_EOH;
  if (frame_id_) flags |= UVC_STREAM_FID;
  if (is_flagged_) flags |= UVC_STREAM_ERR;
  if (sent_ + count == frame_.size()) flags |= UVC_STREAM_EOF;
  std::vector<uint8_t> payload(kHeaderBytes + count);
  payload[0] = kHeaderBytes;
  payload[1] = static_cast<uint8_t>(flags);
  std::copy_n(frame_.begin() + static_cast<ptrdiff_t>(sent_), count,
              payload.begin() + kHeaderBytes);
  sent_ += count;
  return payload;
}

}  // namespace fanlight
