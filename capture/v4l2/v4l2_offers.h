// SPDX-License-Identifier: Apache-2.0
// V4L2 offers: queries all formats of a device.
#pragma once

#include <vector>

#include "capture/v4l2/v4l2_choice.h"
#include "capture/v4l2/v4l2_device.h"

namespace fanlight {

// The formats of the selected input with their sizes and rates. Size ranges are represented by
// samples, including the wish's; a format without a list of sizes has one: the wish's, or the
// current one. Bounded whatever the driver does: it may repeat itself without end. Throws
// std::system_error when the device is gone.
std::vector<V4l2Offer> enumerate_v4l2_offers(V4l2Device& device, const V4l2Wish& wish);

}  // namespace fanlight
