// SPDX-License-Identifier: Apache-2.0
// DV timings: how an HDMI or SDI capture device adapts to its signal.
//
// Such a device has no picture size of its own. The signal on the cable has one, and may change or
// stop at any moment; the driver does not follow by itself, because that would change the size of
// buffers in use. Therefore: query the timings, set them, stream; when the driver reports a source
// change, start over. Source: the kernel's documentation of VIDIOC_QUERY_DV_TIMINGS and
// VIDIOC_DQEVENT.
#pragma once

#include <string_view>

#include "capture/v4l2/v4l2_io.h"
#include "core/time.h"

namespace fanlight {

struct DvTimings {
  int width = 0;  // pixels
  int height = 0;
  bool is_interlaced = false;
  Duration interval{};  // from one whole picture to the next; 0: unknown
};

// Whether the selected input takes its size from the cable.
bool has_dv_timings(V4l2Io& io, int fd);

// Detects the signal on the cable and makes the device capture it. Only while not streaming. Throws
// std::system_error: ENOLINK without a signal, ENOLCK while it is not yet stable, ERANGE for one
// that the device cannot capture, and other errors of the driver; the message contains the text of
// dv_timings_problem().
DvTimings adopt_dv_timings(V4l2Io& io, int fd);

// The meaning of one of those errors, for the log and the slate; empty for an error that is not
// about the signal.
std::string_view dv_timings_problem(int error) noexcept;

// Subscribes to events about the source's signal: a pending one sets POLLPRI on the descriptor.
// False when the driver has no such events.
bool subscribe_source_changes(V4l2Io& io, int fd);

// Takes all pending events. True when the source's size or timings have changed, or it was lost:
// the current stream no longer matches the adopted timings.
bool take_source_change(V4l2Io& io, int fd);

}  // namespace fanlight
