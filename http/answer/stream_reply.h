// SPDX-License-Identifier: Apache-2.0
// Stream reply: the head of a stream, and what its viewer is to get.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"
#include "http/answer/stream_parameters.h"

namespace fanlight {

// Kind::stream with a place among the viewers, or 503.
Answer reply_stream(const Call& call, const StreamParameters& parameters) noexcept;

}  // namespace fanlight
