// SPDX-License-Identifier: Apache-2.0
// Frame header: what the headers of a NATS message say of the frame in it (docs/nats.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/nats/nats_link.h"
#include "core/time.h"

namespace fanlight {

// Longer frames are neither published nor put together.
inline constexpr size_t kNatsFrameBytesMax = 32 << 20;
// More are refused: the server's max_payload is too small for such a frame.
inline constexpr uint64_t kNatsPartsMax = 4096;
// Room in a message for its headers.
inline constexpr size_t kFrameHeaderBytesMax = 2048;
inline constexpr size_t kPublisherBytesMax = 64;

// The headers that are read; all others are ignored.
inline constexpr std::array kFrameFields = {"X-Fanlight",  "X-Publisher", "X-Number", "X-Sequence",
                                            "X-Timestamp", "X-Slate",     "X-Size",   "X-Update",
                                            "X-Part",      "Via"};

struct FrameHeader {
  // Identifies a publisher, 1 to 64 visible characters: when it started, and a random number. Of
  // two, the greater one started later.
  std::string publisher;
  uint64_t number = 0;    // counts what the publisher sent, from 1
  uint64_t sequence = 0;  // of the frame; the same again: the frame is repeated
  WallTime captured;
  std::string slate;  // the reason; empty: a picture
  std::string via;    // the relays between the camera and the publisher
  size_t size = 0;    // bytes of the frame, all parts together
  size_t update = 0;  // of those, the text of an update, before its atlas; 0: a whole frame
  uint64_t part = 1;  // 1..parts
  uint64_t parts = 1;
};

// The problem, in words, a constant; empty if `fields` are such headers, which are then in
// `header`.
std::string_view read_frame_header(const NatsFields& fields, FrameHeader& header);

// At most kFrameHeaderBytesMax as they are sent.
NatsFields write_frame_header(const FrameHeader& header);

// A publisher that starts now: 16 digits of its time in microseconds, and 8 of `random`.
std::string make_publisher(WallTime now, uint64_t random);

}  // namespace fanlight
