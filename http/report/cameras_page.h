// SPDX-License-Identifier: Apache-2.0
// CamerasPage: the page at /cameras, cameras.html with a tile for each camera.
//
// Each tile is complete without JavaScript: the newest picture, which links to the stream, the
// camera's name and its condition. cameras.html has what JavaScript adds.
#pragma once

#include <cstddef>

#include "http/auth/rights.h"
#include "http/protocol/body.h"
#include "http/protocol/text.h"

namespace fanlight {

struct ShardServices;

// Owns: its place in the text. Thread: its shard's.
class CamerasPage {
 public:
  // `rights`: of the client; cameras on which there is none have no tile.
  CamerasPage(ShardServices& services, const Rights& rights) noexcept
      : services_(services), rights_(rights) {}

  // Writes the next bounded step.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  ShardServices& services_;
  const Rights rights_;
  size_t sent_ = 0;    // bytes of cameras.html
  size_t camera_ = 0;  // of the next tile
};

}  // namespace fanlight
