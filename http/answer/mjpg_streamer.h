// SPDX-License-Identifier: Apache-2.0
// MjpgStreamer: what mjpg-streamer's clients ask for beside pictures: which inputs and outputs
// there are, and what they can do. As there, every value is a string.
//
// An input is a camera, in the order of definition; the one output is this server. There are no
// controls in the lists: mjpg-streamer changes them by GET, which any page in a browser could make
// it do. Its commands are answered with 501 and what to do instead.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// /input_N.json: the camera's size.
Answer reply_mjpg_input(const Call& call) noexcept;

// /output_0.json
Answer reply_mjpg_output(const Call& call) noexcept;

// /?action=command and /?action=take
Answer reply_mjpg_command(const Call& call) noexcept;

}  // namespace fanlight
