// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_json.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "capture/v4l2/v4l2_format.h"
#include "core/printable.h"

namespace fanlight {
namespace {

// Keeps the order of insertion.
using Json = nlohmann::ordered_json;

Json formats_of(const V4l2Camera& camera) {
  Json formats = Json::array();
  for (const V4l2Offer& offer : camera.offers) {
    for (const V4l2Size& size : offer.sizes) {
      formats.push_back({{"name", find_v4l2_format(offer.fourcc)->name},
                         {"width", size.width},
                         {"height", size.height},
                         {"fps_min", size.fps_min},
                         {"fps_max", size.fps_max},
                         {"is_converted", offer.is_emulated}});
    }
  }
  return formats;
}

Json formats_of(const LibcameraCamera& camera) {
  Json formats = Json::array();
  for (const LibcameraFormat& format : camera.formats) {
    for (const LibcameraFormat::Size& size : format.sizes) {
      formats.push_back({{"name", format.name}, {"width", size.width}, {"height", size.height}});
    }
  }
  return formats;
}

Json controls_of(const V4l2Camera& camera) {
  Json controls = Json::array();
  for (const Control& control : camera.controls) {
    controls.push_back(Json::parse(control_json(control), nullptr, false));
  }
  return controls;
}

}  // namespace

std::string describe_cameras_json(std::span<const LibcameraCamera> libcamera,
                                  std::span<const V4l2Camera> v4l2) {
  const std::optional<std::string> automatic = choose_automatic_source(libcamera, v4l2);
  Json cameras = Json::array();
  for (const LibcameraCamera& camera : libcamera) {
    const std::string source = "libcamera:" + camera.id;
    cameras.push_back({{"source", source},
                       {"is_automatic", source == automatic},
                       {"name", printable(camera.model)},
                       {"formats", formats_of(camera)}});
  }
  for (const V4l2Camera& camera : v4l2) {
    const std::string source = "v4l2:" + camera.path;
    cameras.push_back({{"source", source},
                       {"is_automatic", source == automatic},
                       {"name", camera.name},
                       {"node", camera.node},
                       {"problem", camera.problem},
                       {"formats", formats_of(camera)},
                       {"controls", controls_of(camera)}});
  }
  return cameras.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string list_devices_json(std::span<const LibcameraCamera> libcamera) {
  return describe_cameras_json(libcamera, list_v4l2_cameras(system_v4l2_io()));
}

}  // namespace fanlight
