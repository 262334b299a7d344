// SPDX-License-Identifier: Apache-2.0
// EmulatorSource: a camera for machines that have none: the pictures 1, 2 and 3 in turn.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "capture/draw/canvas.h"
#include "capture/source/camera_clock.h"
#include "capture/source/pacer.h"
#include "capture/source/source.h"

namespace fanlight {

// Owns: three canvases, drawn by the constructor.
// Thread: see Source.
// Default: 640x480, one picture a second.
class EmulatorSource final : public Source {
 public:
  EmulatorSource(const SourceOptions& options, CameraClock& clock);

  const SourceFormat& format() const override { return format_; }
  std::optional<Picture> next(Instant deadline) override;

 private:
  SourceFormat format_;
  CameraClock& clock_;
  Pacer pacer_;
  std::vector<Canvas> cards_;
  size_t turn_ = 0;
};

}  // namespace fanlight
