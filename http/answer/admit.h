// SPDX-License-Identifier: Apache-2.0
// Admit: a request for a stream asks Admission for a place.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// Empty when there is a place, which is then taken for `answer`; else why there is none, for the
// 503. `frame_bytes`: what is to be sent at least `fps` times a second (0: no wish).
std::string_view take_place(const Call& call, size_t frame_bytes, double fps,
                            Answer& answer) noexcept;

// Size of the channel's newest frame on its way to a viewer; 0 before the first.
size_t frame_bytes_of(const Channel& channel) noexcept;

}  // namespace fanlight
