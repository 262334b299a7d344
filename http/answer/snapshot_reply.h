// SPDX-License-Identifier: Apache-2.0
// Snapshot reply: one picture, as new as the client wants it.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"
#include "http/answer/stream_parameters.h"

namespace fanlight {

// The newest frame, which stays pinned until it is sent; or Kind::await_frame when it is too old;
// or 503, with the slate as body when the camera is lost.
Answer reply_snapshot(const Call& call, const StreamParameters& parameters) noexcept;

}  // namespace fanlight
