// SPDX-License-Identifier: Apache-2.0
// Numbered frames: pictures as finite resources, so that HTTP caches can fan them out
// (docs/caches.md).
//
// A cache passes on one request for many that are the same, and keeps what may be kept. So each
// frame has a URL of its own that never means another, and "the next one" is a short redirect to
// it, which is the same for all who have seen the same frame.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/call.h"

namespace fanlight {

// /cameras/NAME/frames/N.jpg: the frame of that number, pinned until it is sent. With `?v=V`, as in
// the URLs that the others give, only if it was captured then, and immutable: numbers alone begin
// again with the server.
// 404 with the numbers that there are, if it is gone or yet to come.
// /cameras/NAME/frames/N.update: the same as the messages that a WebSocket would be sent; with
// `?since=S` what changed since frame S, if that is smaller.
Reply reply_frame(const Call& call) noexcept;

// /cameras/NAME/frames/next?after=N: a redirect to the first frame behind N when it is there; to
// the newest one if there is a newer one already, if none comes within kSnapshotWait, or if N is
// none of this camera's for long. Without `after`: to the newest.
// .../next.update?after=N&v=V: likewise, to an update for a client that shows the frame N captured
// at V; to a whole frame if that is not, or no longer, in the ring.
Answer reply_next_frame(const Call& call) noexcept;

// /cameras/NAME/frames/latest.json: the newest frame's number, time, size and URL, and the rate.
Answer reply_latest_frame(const Call& call) noexcept;

}  // namespace fanlight
