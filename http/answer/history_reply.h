// SPDX-License-Identifier: Apache-2.0
// History replies: pictures of the last seconds (--history).
//
// `at`, `from` and `to` are seconds before now, on the monotonic clock: setting the wall clock
// moves nothing. What a moment shows is the newest frame that had been captured by then. A moment
// before the history is answered with 404 and the range that there is.
#pragma once

#include <optional>

#include "http/answer/answer.h"
#include "http/answer/call.h"
#include "http/answer/reply.h"
#include "http/answer/stream_parameters.h"
#include "http/delivery/replay.h"

namespace fanlight {

// What one moment, parameters.at, showed.
Reply reply_past_snapshot(const Call& call, const StreamParameters& parameters) noexcept;

// A replay from parameters.from until now, at its original pace; for the options of a stream, which
// continues with the newest frames. Or the answer instead.
std::optional<Reply> open_replay(const Call& call, const StreamParameters& parameters,
                                 Replay*& replay) noexcept;

// The answer instead of that, as far as it can be known without beginning one.
std::optional<Reply> refuse_replay(const Call& call, const StreamParameters& parameters) noexcept;

// A file with what was shown between parameters.from and parameters.to, without them from the
// oldest to the newest frame. It is a stream with an end, whose size is known: players open that by
// themselves, where VLC takes bare JPEGs for one picture, and its parts have their times. Ends
// early, by a reset, if what it has not sent yet must be forgotten.
Answer reply_clip(const Call& call, const StreamParameters& parameters) noexcept;

}  // namespace fanlight
