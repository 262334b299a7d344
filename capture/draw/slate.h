// SPDX-License-Identifier: Apache-2.0
// Slate: the card that viewers see in place of a picture, with the reason in words.
#pragma once

#include <cstddef>
#include <string_view>

#include "capture/draw/canvas.h"

namespace fanlight {

struct SlateSize {
  int width;
  int height;
};

// The size of a slate for pictures of this size: the same, but halved until the encoder needs at
// most `bytes_max`, and 320x240 where the picture is too small for text.
SlateSize slate_size(int picture_width, int picture_height, size_t bytes_max);

// "No signal", the reason, and the camera's name. A reason that does not fit on three lines is cut.
Canvas draw_slate(SlateSize size, std::string_view camera, std::string_view reason);

}  // namespace fanlight
