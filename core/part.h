// SPDX-License-Identifier: Apache-2.0
// Part: the wire form of a frame inside multipart/x-mixed-replace.
//
// A frame is stored as it is sent, in one piece of memory:
//
//   head                      JPEG   delimiter                       next head
//   Content-Type: image/jpeg  ...    CRLF --boundarydonotcross CRLF  Content-Type: image/jpeg
//   Content-Length: N                                                CRLF CRLF
//   X-Timestamp: S.UUUUUU     |---------- advance form: JPEG .. next head ---------|
//   X-Sequence: N
//   [X-Slate: REASON]
//   |------------- plain form: head .. delimiter -------------|
//
// Firefox paints a part when it sees the delimiter after it, Chromium when it sees the next part's
// head (crbug.com/527446); that is why both follow the JPEG in the same send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/time.h"

namespace fanlight {

inline constexpr std::string_view kBoundary = "boundarydonotcross";  // ustreamer's, mjpg-streamer's
inline constexpr std::string_view kSeedBoundary = "frame";           // the Flask tutorial's
inline constexpr std::string_view kPartDelimiter = "\r\n--boundarydonotcross\r\n";
inline constexpr std::string_view kNextPartHead = "Content-Type: image/jpeg\r\n\r\n";

// Room before the JPEG. The longest head is 148 bytes plus the slate's reason.
inline constexpr size_t kPartHeadroom = 256;
inline constexpr size_t kPartTailSize = kPartDelimiter.size() + kNextPartHead.size();

// Longest reason in X-Slate, in bytes; longer ones are cut.
inline constexpr size_t kSlateReasonMax = 80;

// Writes the part's head right-aligned into `headroom`, so that it ends where the JPEG begins, and
// returns its size. `slate_reason` empty: no X-Slate line; non-ASCII bytes in it: make_ascii().
size_t write_part_head(std::span<char, kPartHeadroom> headroom, size_t jpeg_size, WallTime captured,
                       uint64_t sequence, std::string_view slate_reason) noexcept;

// What write_part_head() would return, in less time.
size_t part_head_size(size_t jpeg_size, WallTime captured, uint64_t sequence,
                      std::string_view slate_reason) noexcept;

// Writes the delimiter and the next head to the kPartTailSize bytes after the JPEG.
void write_part_tail(char* after_jpeg) noexcept;

}  // namespace fanlight
