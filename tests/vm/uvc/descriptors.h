// SPDX-License-Identifier: Apache-2.0
// The descriptors of a USB camera: a host reads them to identify a device that was plugged in.
//
// Sources: USB 2.0 chapter 9; USB Device Class Definition for Video Devices 1.1, sections 3.6 to
// 3.10, and its payload specifications for MJPEG and uncompressed video.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/vm/uvc/camera_offer.h"

namespace fanlight {

// Indices by which other descriptors refer to these texts.
enum StringIndex : uint8_t { kNoString, kManufacturerString, kProductString, kSerialString };

// Parts of the camera, by which the host addresses its controls.
enum CameraUnit : uint8_t { kCameraTerminal = 1, kProcessingUnit = 2, kOutputTerminal = 3 };
enum CameraInterface : uint8_t { kControlInterface, kStreamingInterface };

std::vector<uint8_t> device_descriptor();
std::vector<uint8_t> configuration_descriptor(const CameraOffer& offer);
std::vector<uint8_t> languages_descriptor();  // string 0: American English only
std::vector<uint8_t> string_descriptor(std::string_view ascii);

}  // namespace fanlight
