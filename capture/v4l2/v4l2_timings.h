// SPDX-License-Identifier: Apache-2.0
// DV timings: how an HDMI or SDI capture device learns what is plugged into it.
//
// Such a device has no picture size of its own. What comes down the cable has one, and may change
// or stop at any moment; the driver does not follow by itself, because that would change the size
// of buffers in use. So: ask for the timings, set them, stream; when the driver says that the
// source has changed, start again from there. Source: the kernel's documentation of
// VIDIOC_QUERY_DV_TIMINGS and VIDIOC_DQEVENT.
#pragma once

#include <string_view>

#include "capture/v4l2/v4l2_io.h"
#include "core/time.h"

namespace fanlight {

struct DvTimings {
  int width = 0;  // pixels
  int height = 0;
  bool is_interlaced = false;
  Duration interval{};  // from one whole picture to the next; 0: the driver does not tell
};

// Whether the input that is selected takes its size from the cable.
bool has_dv_timings(V4l2Io& io, int fd);

// Finds out what is on the cable and makes the device capture that. Only while not streaming.
// Throws std::system_error: ENOLINK without a signal, ENOLCK while it is not stable yet, ERANGE for
// one that the device cannot capture, and what else the driver says; the message has the words of
// dv_timings_problem().
DvTimings adopt_dv_timings(V4l2Io& io, int fd);

// What one of those errors means, for the log and the slate; empty for one that is not about the
// signal.
std::string_view dv_timings_problem(int error) noexcept;

// Asks for events about the source's signal: the descriptor then has POLLPRI when there is one.
// False when the driver has no such events.
bool subscribe_source_changes(V4l2Io& io, int fd);

// Takes all events that wait. True when the source's size or timings have changed, or it was lost:
// what streams now is not what was adopted.
bool take_source_change(V4l2Io& io, int fd);

}  // namespace fanlight
