// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_json.h"

#include <optional>
#include <string_view>
#include <vector>

#include "capture/source/json_text.h"
#include "capture/v4l2/v4l2_format.h"
#include "core/printable.h"

namespace fanlight {
namespace {

std::string formats_of(const V4l2Camera& camera) {
  std::vector<std::string> formats;
  for (const V4l2Offer& offer : camera.offers) {
    for (const V4l2Size& size : offer.sizes) {
      formats.push_back(json_object({{"name", json_string(find_v4l2_format(offer.fourcc)->name)},
                                     {"width", std::to_string(size.width)},
                                     {"height", std::to_string(size.height)},
                                     {"fps_min", json_number(size.fps_min)},
                                     {"fps_max", json_number(size.fps_max)},
                                     {"is_converted", json_boolean(offer.is_emulated)}}));
    }
  }
  return json_array(formats);
}

std::string formats_of(const LibcameraCamera& camera) {
  std::vector<std::string> formats;
  for (const LibcameraFormat& format : camera.formats) {
    for (const LibcameraFormat::Size& size : format.sizes) {
      formats.push_back(json_object({{"name", json_string(format.name)},
                                     {"width", std::to_string(size.width)},
                                     {"height", std::to_string(size.height)}}));
    }
  }
  return json_array(formats);
}

std::string controls_of(const V4l2Camera& camera) {
  std::vector<std::string> controls;
  for (const Control& control : camera.controls) controls.push_back(control_json(control));
  return json_array(controls);
}

}  // namespace

std::string describe_cameras_json(std::span<const LibcameraCamera> libcamera,
                                  std::span<const V4l2Camera> v4l2) {
  const std::optional<std::string> automatic = choose_automatic_source(libcamera, v4l2);
  std::vector<std::string> cameras;
  for (const LibcameraCamera& camera : libcamera) {
    const std::string source = "libcamera:" + camera.id;
    cameras.push_back(json_object({{"source", json_string(source)},
                                   {"is_automatic", json_boolean(source == automatic)},
                                   {"name", json_string(printable(camera.model))},
                                   {"formats", formats_of(camera)}}));
  }
  for (const V4l2Camera& camera : v4l2) {
    const std::string source = "v4l2:" + camera.path;
    cameras.push_back(json_object({{"source", json_string(source)},
                                   {"is_automatic", json_boolean(source == automatic)},
                                   {"name", json_string(camera.name)},
                                   {"node", json_string(camera.node)},
                                   {"problem", json_string(camera.problem)},
                                   {"formats", formats_of(camera)},
                                   {"controls", controls_of(camera)}}));
  }
  return json_array(cameras);
}

std::string list_devices_json(std::span<const LibcameraCamera> libcamera) {
  return describe_cameras_json(libcamera, list_v4l2_cameras(system_v4l2_io()));
}

}  // namespace fanlight
