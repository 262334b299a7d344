// SPDX-License-Identifier: Apache-2.0
// MjpgStreamer: what mjpg-streamer's clients request besides pictures: the list of inputs and
// outputs, and their capabilities. As in mjpg-streamer, every value is a string.
//
// An input is a camera, in order of definition; the only output is this server. The lists contain
// no controls: mjpg-streamer changes them by GET, which any web page could trigger. Its commands
// are answered with 501 and what to do instead.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// /input_N.json: the camera's size.
Reply reply_mjpg_input(const Call& call) noexcept;

// /output_0.json
Reply reply_mjpg_output(const Call& call) noexcept;

// /?action=command and /?action=take
Reply reply_mjpg_command(const Call& call) noexcept;

}  // namespace fanlight
