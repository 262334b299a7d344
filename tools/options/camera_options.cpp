// SPDX-License-Identifier: Apache-2.0
#include "tools/options/camera_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "capture/nats/nats_address.h"
#include "core/nearest_word.h"
#include "tools/flags/exit_code.h"
#include "tools/flags/units.h"
#include "tools/options/source_spec.h"

namespace fanlight {
namespace {

bool is_camera_name(std::string_view name) {
  if (name == kDirectory) return true;
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

constexpr std::string_view kKeys[] = {"size",   "fps",      "quality", "rotate",     "mirror",
                                      "ladder", "segments", "publish", "max-cameras"};

// The end of a URL: the first comma that is followed by one of our keys.
size_t size_of_url(std::string_view text) {
  for (size_t comma = text.find(','); comma != text.npos; comma = text.find(',', comma + 1)) {
    const std::string_view pair = text.substr(comma + 1);
    const std::string_view key = pair.substr(0, pair.find_first_of(",="));
    const bool has_value = key.size() < pair.size() && pair[key.size()] == '=';
    if (has_value && std::ranges::find(kKeys, key) != std::end(kKeys)) return comma;
  }
  return text.size();
}

// The end of `key=value`. A ladder contains commas: it ends at the first one that is followed by
// another key.
size_t size_of_pair(std::string_view text) {
  size_t comma = text.find(',');
  while (text.starts_with("ladder=") && comma != text.npos) {
    const std::string_view next = text.substr(comma + 1);
    if (next.substr(0, next.find(',')).find('=') != next.npos) break;
    comma = text.find(',', comma + 1);
  }
  return std::min(comma, text.size());
}

// `,key=value...`
void set_camera_options(CameraOptions& camera, std::string_view rest) {
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view pair = rest.substr(0, size_of_pair(rest));
    rest.remove_prefix(pair.size());
    const size_t middle = pair.find('=');
    if (middle == pair.npos) {
      throw std::invalid_argument(fmt::format("'{}': key=value is expected", pair));
    }
    set_camera_option(camera, pair.substr(0, middle), pair.substr(middle + 1));
  }
}

// NAME=SPEC, as it may be shown.
std::string shown_camera(std::string_view text) {
  const size_t equals = text.find('=');
  const size_t source = is_camera_name(text.substr(0, equals)) ? equals + 1 : 0;
  return std::string(text.substr(0, source)) + shown_source(text.substr(source));
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
                       fmt::format("--camera '{}': the name is used twice", cameras[i].name));
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

void check_directory(const CameraOptions& camera) {
  if (!camera.is_directory()) {
    if (camera.max_cameras == CameraOptions().max_cameras) return;
    throw std::invalid_argument("max-cameras belongs to a directory, whose name is *");
  }
  if (!is_nats_url(camera.source)) {
    throw std::invalid_argument(
        "a directory is that of a NATS server, *=nats://HOST/SUBJECT with wildcards");
  }
  parse_nats_directory_url(camera.source);
  if (!camera.publish.empty()) {
    throw std::invalid_argument("the cameras of a directory are not published again");
  }
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
  } else if (key == "ladder") {
    camera.ladder = parse_ladder(value);
  } else if (key == "segments") {
    camera.upstream.segments = parse_switch(value);
  } else if (key == "publish") {
    parse_nats_url(value);
    camera.publish = value;
  } else if (key == "max-cameras") {
    camera.max_cameras = static_cast<size_t>(parse_integer(value, 1, kDirectoryCamerasMax));
  } else {
    const std::string question = did_you_mean(key, kKeys);
    throw std::invalid_argument(fmt::format(
        "'{}={}': {}", key, value,
        question.empty()
            ? "one of size=WxH, fps=N, quality=N, rotate=DEGREES, mirror=on|off, ladder=RUNGS, "
              "segments=on|off, publish=URL, max-cameras=N is expected"
            : "no such key" + question));
  }
}

void set_camera_source(CameraOptions& camera, std::string_view text) {
  constexpr std::string_view kSegments = ",segments=";
  const size_t end = text.rfind(kSegments);
  camera.upstream.segments = false;
  camera.source = complete_source(text.substr(0, end));
  if (end == text.npos) return;
  if (is_url(camera.source)) {
    set_camera_option(camera, "segments", text.substr(end + kSegments.size()));
  } else {
    camera.source = complete_source(text);
  }
}

void add_header(CameraOptions& camera, std::string_view name, std::string_view value) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  const bool is_token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kSymbols.find(c) != kSymbols.npos;
  });
  if (!is_token) {
    throw std::invalid_argument(fmt::format("'{}': the name of an HTTP field is expected", name));
  }
  if (value.empty()) throw std::invalid_argument("'': a value is expected");
  camera.upstream.headers.push_back(fmt::format("{}: {}", name, value));
}

void check_pin(std::string_view pin) {
  constexpr std::string_view kKind = "sha256//";
  constexpr size_t kDigits = 43;  // base64 of 32 bytes, and one '='
  std::string_view rest = pin;
  bool good = true;
  do {
    const std::string_view each = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(each.size() + 1, rest.size()));
    const std::string_view digits = each.substr(std::min(kKind.size(), each.size()));
    good = good && each.starts_with(kKind) && digits.size() == kDigits + 1 &&
           digits.ends_with('=') && std::all_of(digits.begin(), digits.end() - 1, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '+' || c == '/';
           });
  } while (!rest.empty());
  if (good) return;
  throw std::invalid_argument(
      fmt::format("'{}': sha256// and 44 characters of base64 are expected", pin));
}

CameraOptions parse_camera(std::string_view text) {
  CameraOptions camera;
  const size_t equals = std::min(text.find('='), text.size());
  camera.name = text.substr(0, equals);
  if (!is_camera_name(camera.name) || equals == text.size()) {
    throw std::invalid_argument(
        fmt::format("'{}': NAME=SPEC is expected, the name of 1 to 32 characters a-z, 0-9 and -",
                    shown_camera(text)));
  }
  std::string_view rest = text.substr(equals + 1);
  const std::string_view source = rest.substr(0, rest.find(','));
  if (source.empty()) {
    throw std::invalid_argument(fmt::format("'{}': a source is expected after the name", text));
  }
  camera.source = complete_source(source);
  if (!is_url(camera.source)) {
    set_camera_options(camera, rest.substr(source.size()));
    check_directory(camera);
    if (!camera.upstream.segments) return camera;
    throw std::invalid_argument(
        fmt::format("'{}': segments=on belongs to the URL of another Fanlight", text));
  }
  const size_t size = size_of_url(rest);
  camera.source = complete_source(rest.substr(0, size));
  try {
    set_camera_options(camera, rest.substr(size));
    check_directory(camera);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("{}; a comma that belongs to the URL is written %2C", error.what()));
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
    throw StartError(
        ExitCode::usage,
        "--size, --fps, --quality, --rotate, --mirror, --ladder and --publish belong to --source; "
        "with --camera write NAME=SPEC,size=WxH,fps=N");
  }
  check_names(others);
  std::stable_partition(others.begin(), others.end(),
                        [](const CameraOptions& each) { return !each.is_directory(); });
  for (const std::string& control : controls) add_control(others, control);
  return others;
}

}  // namespace fanlight
