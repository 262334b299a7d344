// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_segments.h"

#include <cmath>

#include "core/segments/jpeg_head.h"

namespace fanlight {

int choose_segment_mcus(int mcus_per_row) noexcept {
  int best = mcus_per_row;
  double least = 1e9;
  for (int mcus = 1; mcus <= mcus_per_row; ++mcus) {
    if (mcus_per_row % mcus != 0) continue;
    // Less is a last resort: of one MCU, markers would be a tenth of the picture.
    const double distance =
        std::abs(std::log2(double(mcus) / kSegmentMcus)) + (mcus == 1             ? 100
                                                            : mcus < kSegmentMcus ? 1
                                                                                  : 0);
    if (distance >= least) continue;
    least = distance;
    best = mcus;
  }
  return best;
}

bool has_suitable_segments(std::span<const std::byte> jpeg) noexcept {
  const auto head = read_jpeg_head({reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  return head && divide(*head) && !head->has_metadata && 2 * head->interval >= kSegmentMcus &&
         head->interval <= 2 * kSegmentMcus;
}

}  // namespace fanlight
