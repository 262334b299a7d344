// SPDX-License-Identifier: Apache-2.0
// Stream reply: the head of a stream, and the options of its viewer.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"
#include "http/answer/stream_parameters.h"

namespace fanlight {

// OpenStream with a place among the viewers, or 503; or 404 if it is to begin before the history.
Answer reply_stream(const Call& call, const StreamParameters& parameters) noexcept;

}  // namespace fanlight
