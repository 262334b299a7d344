// SPDX-License-Identifier: Apache-2.0
// PatternSource: a moving test card that shows its number and time, readable by people and
// machines.
//
// The strip along the upper edge is for machines: 20 blocks, each a twentieth of the width wide and
// a sixteenth of the height high, at least 16 pixels: white, black, the low 16 bits of the sequence
// number, highest first (white is 1), a parity bit that makes the number of white blocks among
// these 17 even, white. Sampled in the middle of each block, it identifies the frame on a screen.
#pragma once

#include <cstdint>
#include <optional>

#include "capture/draw/canvas.h"
#include "capture/source/camera_clock.h"
#include "capture/source/pacer.h"
#include "capture/source/source.h"

namespace fanlight {

inline constexpr int kStripBlocks = 20;
inline constexpr int kStripBits = 16;

constexpr int strip_height(int height) {
  return height / 16 < 16 ? 16 : height / 16;
}

// Owns: one canvas. The constructor draws the card; each picture redraws only what changes.
// Thread: see Source.
// Default: 640x480, 30 pictures a second.
class PatternSource final : public Source {
 public:
  PatternSource(const SourceOptions& options, CameraClock& clock);

  const SourceFormat& format() const override { return format_; }
  std::optional<Picture> next(Instant deadline) override;
  void number_from(uint64_t sequence) override { sequence_ = sequence; }

 private:
  void draw_card();
  void draw_strip();
  void draw_labels(WallTime time);
  void draw_runner();

  SourceFormat format_;
  CameraClock& clock_;
  Pacer pacer_;
  Canvas canvas_;
  Rect label_{};  // position of the number and the time
  Rect track_{};  // path of the runner
  int scale_ = 1;
  uint64_t sequence_;  // of the next picture
};

}  // namespace fanlight
