// SPDX-License-Identifier: Apache-2.0
#include "core/part.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/printable.h"

namespace fanlight {

size_t write_part_head(std::span<char, kPartHeadroom> headroom, size_t jpeg_size, WallTime captured,
                       uint64_t sequence, std::string_view slate_reason) noexcept {
  const int64_t us = captured.time_since_epoch().count();
  char head[kPartHeadroom];
  char* end = fmt::format_to_n(head, sizeof head,
                               "Content-Type: image/jpeg\r\nContent-Length: {}\r\n"
                               "X-Timestamp: {}.{:06}\r\nX-Sequence: {}\r\n",
                               jpeg_size, us / 1'000'000, us % 1'000'000, sequence)
                  .out;
  if (!slate_reason.empty()) {
    char* const reason = fmt::format_to(end, "X-Slate: ");
    end = std::copy_n(slate_reason.data(), std::min(slate_reason.size(), kSlateReasonMax), reason);
    make_ascii({reason, end});
    *end++ = '\r';
    *end++ = '\n';
  }
  *end++ = '\r';
  *end++ = '\n';
  const auto size = static_cast<size_t>(end - head);
  CHECK(size <= kPartHeadroom);
  std::memcpy(headroom.data() + kPartHeadroom - size, head, size);
  return size;
}

void write_part_tail(char* after_jpeg) noexcept {
  std::memcpy(after_jpeg, kPartDelimiter.data(), kPartDelimiter.size());
  std::memcpy(after_jpeg + kPartDelimiter.size(), kNextPartHead.data(), kNextPartHead.size());
}

}  // namespace fanlight
