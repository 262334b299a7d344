// SPDX-License-Identifier: Apache-2.0
// Snapshot reply: one picture, as fresh as the client requires.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"
#include "http/answer/stream_parameters.h"

namespace fanlight {

// That of a moment of the history, if one is given; else the newest frame, pinned until it is sent;
// or AwaitFrame if it is too old; or 503, with the slate as body if the camera is lost.
Answer reply_snapshot(const Call& call, const StreamParameters& parameters) noexcept;

}  // namespace fanlight
