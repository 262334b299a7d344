// SPDX-License-Identifier: Apache-2.0
// WebSocket messages: what a client of a WebSocket is sent of a frame (docs/api.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/frame.h"
#include "core/web_socket/opcode.h"
#include "http/protocol/text.h"

namespace fanlight {

// The most bytes that write_frame_header() writes.
inline constexpr size_t kFrameHeaderMax = 10;

// The header of a whole frame of the server's (RFC 6455 section 5.2): never masked, the length in
// the shortest encoding. Returns its size.
size_t write_frame_header(WebSocketOpcode opcode, uint64_t length, char* to) noexcept;

// The most bytes that describe_frame() writes: a camera's name has 32, and a slate's reason at most
// doubles.
inline constexpr size_t kDescriptionMax = 320;

// Describes a frame that is sent whole, as JSON.
void describe_frame(std::string_view camera, const FrameInfo& info, TextWriter& text) noexcept;

// Room for both headers and the description of a frame.
inline constexpr size_t kPrefixMax = 2 * kFrameHeaderMax + kDescriptionMax;

// Puts the headers around a description of `description` bytes, which is at kFrameHeaderMax in
// `room`: its own before it, and that of a binary message of `binary` bytes, if not 0, behind it.
// Returns all of it.
std::string_view frame_description(std::span<char> room, size_t description,
                                   uint64_t binary) noexcept;

}  // namespace fanlight
