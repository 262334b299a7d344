// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/ustreamer_framing.h"

#include <algorithm>
#include <span>

#include "core/check.h"
#include "core/part.h"
#include "http/delivery/channel.h"
#include "http/delivery/viewer.h"
#include "http/protocol/text.h"

namespace fanlight {
namespace {

double seconds_of(Instant instant) {
  return to_seconds(instant.time_since_epoch());
}

// Replaces the empty line that ended the part's head.
void write_extra_fields(const Viewer& viewer, const FrameInfo& info, Instant now,
                        TextWriter& text) {
  const double captured = seconds_of(info.captured_at);
  const double encoded = seconds_of(info.encoded_at);
  text.add("X-UStreamer-Online: {}\r\nX-UStreamer-Dropped: {}\r\n", !info.is_slate(),
           viewer.frames_skipped());
  text.add("X-UStreamer-Width: {}\r\nX-UStreamer-Height: {}\r\n", info.width, info.height);
  text.add("X-UStreamer-Client-FPS: {:.0f}\r\n", viewer.measured_fps(now));
  text.add("X-UStreamer-Grab-Begin-Time: {0:.6f}\r\nX-UStreamer-Grab-End-Time: {0:.6f}\r\n",
           captured);
  text.add("X-UStreamer-Encode-Begin-Time: {:.6f}\r\nX-UStreamer-Encode-End-Time: {:.6f}\r\n",
           captured, encoded);
  text.add("X-UStreamer-Expose-Begin-Time: {0:.6f}\r\nX-UStreamer-Expose-Cmp-Time: {0:.6f}\r\n",
           encoded);
  text.add("X-UStreamer-Expose-End-Time: {:.6f}\r\nX-UStreamer-Send-Time: {:.6f}\r\n", encoded,
           seconds_of(now));
  text.add("X-UStreamer-Latency: {:.6f}\r\n", to_seconds(now - info.captured_at));
}

std::string_view delimiter_of(const Viewer& viewer, bool is_last) {
  const bool seed = viewer.options().seed_boundary;
  if (is_last) return seed ? kSeedClosing : kClosing;
  return seed ? kSeedDelimiter : kPartDelimiter;
}

}  // namespace

UstreamerFraming::UstreamerFraming(const UstreamerOptions& options) noexcept
    : extra_headers_(options.extra_headers),
      zero_data_(options.zero_data),
      key_size_(options.key.size()) {
  CHECK(key_size_ <= key_.size());
  std::copy(options.key.begin(), options.key.end(), key_.begin());
}

Piece UstreamerFraming::wrap(const Viewer& viewer, const Frame& frame, bool is_last,
                             Instant now) noexcept {
  const FrameInfo& info = frame.info();
  const std::string_view jpeg = zero_data_ ? std::string_view() : frame.jpeg();
  const std::span<char, kPartHeadroom> headroom(head_.data(), kPartHeadroom);
  const size_t size = write_part_head(headroom, jpeg.size(), info.captured_wall, info.sequence,
                                      info.slate_reason.view());
  constexpr size_t kEmptyLine = 2;
  const std::span<char> rest = std::span(head_).subspan(kPartHeadroom - kEmptyLine);
  TextWriter text(rest);
  if (extra_headers_) write_extra_fields(viewer, info, now, text);
  text.add("\r\n");
  const std::string_view head(headroom.data() + headroom.size() - size,
                              size - kEmptyLine + text.size());
  return {head, jpeg, delimiter_of(viewer, is_last)};
}

void add_ustreamer_fields(ResponseHead& head, const FrameInfo& info, Instant now) noexcept {
  const double captured = seconds_of(info.captured_at);
  head.field("X-UStreamer-Online: {}", !info.is_slate());
  head.field("X-UStreamer-Width: {}", info.width).field("X-UStreamer-Height: {}", info.height);
  head.field("X-UStreamer-Grab-Begin-Timestamp: {:.6f}", captured);
  head.field("X-UStreamer-Grab-End-Timestamp: {:.6f}", captured);
  head.field("X-UStreamer-Encode-Begin-Timestamp: {:.6f}", captured);
  head.field("X-UStreamer-Encode-End-Timestamp: {:.6f}", seconds_of(info.encoded_at));
  head.field("X-UStreamer-Send-Timestamp: {:.6f}", seconds_of(now));
}

}  // namespace fanlight
