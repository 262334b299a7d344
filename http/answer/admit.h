// SPDX-License-Identifier: Apache-2.0
// Admit: a request for a stream, a report or a table asks Admission for a place.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/call.h"

namespace fanlight {

// Empty if there is a place, which is then taken for `seat`; else the reason for the 503.
// `frame_bytes` is sent at least `fps` times a second (0: no rate requested).
std::string_view take_place(const Call& call, size_t frame_bytes, double fps, Seat& seat) noexcept;

// The same for a report, a table or a replay, which returns its share when it is released.
std::string_view take_share(const Call& call, Held kind, AddressTable::Entry& share) noexcept;

// Likewise, where there is no place for a further report, table or replay. The text says so.
std::string_view note_no_body(const Call& call, Held kind) noexcept;

// Size of the channel's newest frame as a part of a stream; 0 before the first.
size_t frame_bytes_of(const Channel& channel) noexcept;

}  // namespace fanlight
