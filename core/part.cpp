// SPDX-License-Identifier: Apache-2.0
#include "core/part.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/check.h"
#include "core/printable.h"

namespace fanlight {
namespace {

size_t digits(uint64_t number) {
  size_t count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

}  // namespace

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

size_t part_head_size(size_t jpeg_size, WallTime captured, uint64_t sequence,
                      std::string_view slate_reason) noexcept {
  constexpr std::string_view kFields =
      "Content-Type: image/jpeg\r\nContent-Length: \r\n"
      "X-Timestamp: .000000\r\nX-Sequence: \r\n\r\n";
  constexpr std::string_view kSlate = "X-Slate: \r\n";
  const int64_t us = captured.time_since_epoch().count();
  if (us < 0) {  // a clock that was never set, perhaps
    std::array<char, kPartHeadroom> room;
    return write_part_head(room, jpeg_size, captured, sequence, slate_reason);
  }
  const auto seconds = static_cast<uint64_t>(us / 1'000'000);
  const size_t size = kFields.size() + digits(jpeg_size) + digits(seconds) + digits(sequence);
  if (slate_reason.empty()) return size;
  return size + kSlate.size() + std::min(slate_reason.size(), kSlateReasonMax);
}

void write_part_tail(char* after_jpeg) noexcept {
  std::memcpy(after_jpeg, kPartDelimiter.data(), kPartDelimiter.size());
  std::memcpy(after_jpeg + kPartDelimiter.size(), kNextPartHead.data(), kNextPartHead.size());
}

}  // namespace fanlight
