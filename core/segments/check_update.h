// SPDX-License-Identifier: Apache-2.0
// Check update: whether an update and the head of its atlas fit a whole frame.
#pragma once

#include <string_view>

#include "core/segments/update_message.h"

namespace fanlight {

// `frame` begins with the head of the whole frame, `atlas` with that of the atlas, which has the
// same tables and the dimensions that the update says. `update` is not empty. Returns the problem,
// in words, a constant; empty if there is none. What follows the heads is not looked at.
std::string_view check_update(const SegmentUpdate& update, std::string_view frame,
                              std::string_view atlas) noexcept;

}  // namespace fanlight
