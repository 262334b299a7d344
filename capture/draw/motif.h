// SPDX-License-Identifier: Apache-2.0
// Motif: the window over a door that Fanlight is named after.
#pragma once

#include "capture/draw/canvas.h"

namespace fanlight {

// Two arcs and the bars between them, on a sill with its middle at `centre`; `radius` in pixels.
void draw_fanlight(Canvas& canvas, Point centre, double radius, Colour colour);

}  // namespace fanlight
