// SPDX-License-Identifier: Apache-2.0
#include "tools/camera_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "capture/source_table.h"
#include "tools/exit_code.h"
#include "tools/units.h"

namespace fanlight {
namespace {

bool is_camera_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_url(std::string_view source) {
  return source.starts_with("http://") || source.starts_with("https://");
}

int parse_rotation(std::string_view text) {
  for (const int degrees : {0, 90, 180, 270}) {
    if (text == std::to_string(degrees)) return degrees;
  }
  throw std::invalid_argument(fmt::format("'{}': 0, 90, 180 or 270 is expected", text));
}

void check_names(const std::vector<CameraOptions>& cameras) {
  for (size_t i = 0; i < cameras.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (cameras[i].name != cameras[j].name) continue;
      throw StartError(ExitCode::usage,
                       fmt::format("--camera '{}': the name is taken twice", cameras[i].name));
    }
  }
}

void add_control(std::vector<CameraOptions>& cameras, std::string_view text) {
  const size_t slash = text.substr(0, text.find('=')).find('/');
  auto camera = cameras.begin();
  if (slash != std::string_view::npos) {
    const std::string_view name = text.substr(0, slash);
    camera = std::find_if(cameras.begin(), cameras.end(),
                          [&](const CameraOptions& each) { return each.name == name; });
    if (camera == cameras.end()) {
      throw StartError(ExitCode::usage, fmt::format("--control '{}': no camera '{}'", text, name));
    }
    text.remove_prefix(slash + 1);
  }
  try {
    camera->controls.push_back(parse_control_setting(text));
  } catch (const std::invalid_argument& error) {
    throw StartError(ExitCode::usage, fmt::format("--control {}", error.what()));
  }
}

}  // namespace

void check_camera_name(std::string_view name) {
  if (is_camera_name(name)) return;
  throw std::invalid_argument(
      fmt::format("'{}': a name of 1 to 32 characters a-z, 0-9 and - is expected", name));
}

void check_source(std::string_view spec) {
  if (spec.empty()) throw std::invalid_argument("'': a source is expected");
  if (spec != "auto") find_source_kind(spec);
}

void set_camera_option(CameraOptions& camera, std::string_view key, std::string_view value) {
  if (key == "size") {
    const PictureSize size = parse_picture_size(value);
    camera.width = size.width;
    camera.height = size.height;
  } else if (key == "fps") {
    camera.fps = parse_number(value, 0.01, 240);
  } else if (key == "quality") {
    camera.quality = static_cast<int>(parse_integer(value, 1, 100));
  } else if (key == "rotate") {
    camera.orientation.rotate = parse_rotation(value);
  } else if (key == "mirror") {
    camera.orientation.mirror = parse_switch(value);
  } else {
    throw std::invalid_argument(
        fmt::format("'{}={}': one of size=WxH, fps=N, quality=N, rotate=DEGREES, "
                    "mirror=on|off is expected",
                    key, value));
  }
}

CameraOptions parse_camera(std::string_view text) {
  CameraOptions camera;
  const size_t equals = std::min(text.find('='), text.size());
  camera.name = text.substr(0, equals);
  if (!is_camera_name(camera.name) || equals == text.size()) {
    throw std::invalid_argument(fmt::format(
        "'{}': NAME=SPEC is expected, the name of 1 to 32 characters a-z, 0-9 and -", text));
  }
  std::string_view rest = text.substr(equals + 1);
  const size_t source_size = is_url(rest) ? rest.size() : std::min(rest.find(','), rest.size());
  camera.source = rest.substr(0, source_size);
  if (camera.source.empty()) {
    throw std::invalid_argument(fmt::format("'{}': a source is expected behind the name", text));
  }
  check_source(camera.source);
  rest.remove_prefix(source_size);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view pair = rest.substr(0, std::min(rest.find(','), rest.size()));
    rest.remove_prefix(pair.size());
    const size_t middle = pair.find('=');
    if (middle == pair.npos) {
      throw std::invalid_argument(fmt::format("'{}': key=value is expected", pair));
    }
    set_camera_option(camera, pair.substr(0, middle), pair.substr(middle + 1));
  }
  return camera;
}

std::vector<CameraOptions> put_cameras_together(CameraOptions single, bool is_shaped,
                                                std::vector<CameraOptions> others,
                                                const std::vector<std::string>& controls) {
  if (single.source.empty() && others.empty()) single.source = "emulator";
  if (!single.source.empty()) {
    single.name = "camera";
    others.insert(others.begin(), std::move(single));
  } else if (is_shaped) {
    throw StartError(ExitCode::usage,
                     "--size, --fps, --quality, --rotate and --mirror belong to --source; with "
                     "--camera write NAME=SPEC,size=WxH,fps=N");
  }
  check_names(others);
  for (const std::string& control : controls) add_control(others, control);
  return others;
}

}  // namespace fanlight
