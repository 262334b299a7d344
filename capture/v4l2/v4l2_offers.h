// SPDX-License-Identifier: Apache-2.0
// V4L2 offers: asks a device for everything that it can give.
#pragma once

#include <vector>

#include "capture/v4l2/v4l2_choice.h"
#include "capture/v4l2/v4l2_device.h"

namespace fanlight {

// The formats of the selected input with their sizes and rates. Sizes that the driver gives as a
// range are told by some out of it, among them the wish's; a format without any list of sizes has
// one: the wish's, or the one that is set now. Bounded whatever the driver says: it may repeat
// itself without end. Throws std::system_error when the device is gone.
std::vector<V4l2Offer> enumerate_v4l2_offers(V4l2Device& device, const V4l2Wish& wish);

}  // namespace fanlight
