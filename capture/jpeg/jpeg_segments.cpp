// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_segments.h"

#include <cmath>
#include <cstdint>

#include "core/segments/jpeg_head.h"

namespace fanlight {

int choose_segment_mcus(int mcus_per_row, int mcu_pixels) noexcept {
  int best = mcus_per_row;
  double least = 1e9;
  for (int mcus = 1; mcus <= mcus_per_row; ++mcus) {
    if (mcus_per_row % mcus != 0) continue;
    const double share = double(mcus) * mcu_pixels / kSegmentPixels;
    // Less is a last resort: of a third, markers would be a tenth of the picture.
    const double distance = std::abs(std::log2(share)) + (share < 0.5 ? 100 : share < 1 ? 1 : 0);
    if (distance >= least) continue;
    least = distance;
    best = mcus;
  }
  return best;
}

bool has_suitable_segments(std::span<const std::byte> jpeg) noexcept {
  const auto head = read_jpeg_head({reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  if (!head || !divide(*head) || head->has_metadata) return false;
  const int64_t pixels = int64_t{head->interval} * head->mcu_width * head->mcu_height;
  return 2 * pixels >= kSegmentPixels && pixels <= 2 * kSegmentPixels;
}

}  // namespace fanlight
