// SPDX-License-Identifier: Apache-2.0
// One of libcamera's cameras: how it is found, opened and configured.
#pragma once

#include <fmt/core.h>
#include <libcamera/libcamera.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "capture/libcamera/libcamera_choice.h"
#include "capture/libcamera/libcamera_controls.h"
#include "capture/libcamera/libcamera_formats.h"
#include "capture/source/names_in.h"
#include "capture/source/source.h"
#include "core/join.h"

namespace fanlight {

using CameraPointer = decltype(libcamera::CameraManager().cameras())::value_type;

// A sensor's own size makes no sense for viewers (12 megapixels), and its pictures are encoded
// here: a core of a Raspberry Pi 4 sustains 30 pictures a second at this size, and does not at
// 1920x1080, which libcamera proposes for video.
inline constexpr libcamera::Size kLibcameraSizeDefault{1280, 720};
// Buffers to request; some pipelines use their own number.
inline constexpr unsigned kLibcameraBuffersWanted = 6;
[[noreturn]] inline void fail(int error, const std::string& what) {
  throw std::system_error(error, std::system_category(), what);
}

inline std::string model_of(const libcamera::Camera& camera) {
  const auto model = camera.properties().get(libcamera::properties::Model);
  return model ? std::string(*model) : std::string();
}

// Nothing is found where nothing may be opened; the reason is more useful than the fact.
[[noreturn]] inline void fail_without_cameras() {
  std::error_code error;
  for (const std::string& name : names_in("/dev", error)) {
    if (!name.starts_with("media")) continue;
    const std::string path = "/dev/" + name;
    if (::access(path.c_str(), R_OK | W_OK) != 0 && errno == EACCES) {
      fail(EACCES, fmt::format("libcamera: {}; join the group 'video': sudo adduser \"$USER\" "
                               "video, then log in again",
                               path));
    }
  }
  fail(ENODEV, "libcamera: no camera; is one plugged in, and is udev running");
}

// The camera meant by `argument`. Throws std::system_error.
inline CameraPointer find_camera(libcamera::CameraManager& manager, std::string_view argument,
                                 std::string_view identity) {
  const auto cameras = manager.cameras();
  if (cameras.empty()) fail_without_cameras();
  std::vector<LibcameraName> names;
  std::vector<std::string> ids;
  for (const auto& camera : cameras) {
    names.push_back({camera->id(), model_of(*camera)});
    ids.push_back(camera->id());
  }
  const auto chosen = choose_libcamera_camera(names, argument, identity);
  if (!chosen) {
    fail(ENODEV,
         fmt::format("libcamera:{}: no such camera; available: {}", argument, join(ids, ", ")));
  }
  return cameras[*chosen];
}

// Owns: exclusive use of a camera, which only one program, and in it one source, can have.
class AcquiredCamera {
 public:
  explicit AcquiredCamera(CameraPointer camera) : camera_(std::move(camera)) {
    const int result = camera_->acquire();
    if (result < 0) {
      fail(-result, fmt::format("libcamera:{}: {}", camera_->id(),
                                result == -EBUSY ? "it is in use by another program or source"
                                                 : "cannot be opened"));
    }
  }
  AcquiredCamera(const AcquiredCamera&) = delete;
  AcquiredCamera& operator=(const AcquiredCamera&) = delete;
  ~AcquiredCamera() { camera_->release(); }

  libcamera::Camera* operator->() const { return camera_.get(); }
  const CameraPointer& pointer() const { return camera_; }

 private:
  CameraPointer camera_;
};

// Requests a format; the granted one is then in `configuration`. JPEGs have the colours of sYCC
// (JFIF: BT.601, 0..255), so a camera that produces them saves the encoder the conversion.
inline bool ask(libcamera::CameraConfiguration& configuration, const LibcameraPixelFormat& format,
                const libcamera::Size& wanted) {
  libcamera::StreamConfiguration& stream = configuration.at(0);
  stream.pixelFormat = format.libcamera_format;
  stream.size = wanted;
  stream.stride = 0;
  stream.bufferCount = kLibcameraBuffersWanted;
  stream.colorSpace = libcamera::ColorSpace::Sycc;
  return configuration.validate() != libcamera::CameraConfiguration::Invalid &&
         configuration.at(0).pixelFormat == format.libcamera_format;
}

// A camera's list of formats is advisory; its reply to a request is binding (StreamFormats).
inline std::vector<LibcameraOffer> ask_for_offers(libcamera::CameraConfiguration& configuration,
                                                  const libcamera::Size& wanted) {
  std::vector<LibcameraOffer> offers;
  const auto listed = configuration.at(0).formats().pixelformats();
  for (const LibcameraPixelFormat& format : kLibcameraFormats) {
    const bool has_it =
        std::find(listed.begin(), listed.end(), format.libcamera_format) != listed.end();
    if (has_it && ask(configuration, format, wanted)) {
      offers.push_back({&format, configuration.at(0).size});
    }
  }
  return offers;
}

inline std::unique_ptr<libcamera::CameraConfiguration> configure(libcamera::Camera& camera,
                                                                 const SourceOptions& options) {
  const auto refuse = [&](int error, std::string_view what) {
    fail(error, fmt::format("libcamera:{}: {}", camera.id(), what));
  };
  auto configuration = camera.generateConfiguration({libcamera::StreamRole::VideoRecording});
  if (!configuration || configuration->empty()) refuse(EINVAL, "it gives no video");
  const libcamera::Size wanted = options.width > 0
                                     ? libcamera::Size(static_cast<unsigned>(options.width),
                                                       static_cast<unsigned>(options.height))
                                     : kLibcameraSizeDefault;
  const std::vector<LibcameraOffer> offers = ask_for_offers(*configuration, wanted);
  const LibcameraOffer* offer = choose_libcamera_offer(offers, wanted);
  if (offer == nullptr || !ask(*configuration, *offer->format, wanted)) {
    refuse(EINVAL, "it has no supported format");
  }
  const int result = camera.configure(configuration.get());
  if (result < 0) refuse(-result, "refuses " + configuration->at(0).toString());
  return configuration;
}

// Initial settings: the requested rate, automatic exposure, continuous autofocus.
inline libcamera::ControlList first_controls(const libcamera::Camera& camera, Duration interval) {
  namespace controls = libcamera::controls;
  const libcamera::ControlInfoMap& known = camera.controls();
  libcamera::ControlList list(known);
  const auto rate = known.find(controls::FrameDurationLimits.id());
  if (rate != known.end() && interval > Duration::zero()) {
    const auto shortest = control_number(rate->second.min());
    const auto longest = control_number(rate->second.max());
    int64_t duration = interval / 1us;
    if (shortest && longest && *shortest <= *longest) {
      duration = std::clamp(duration, *shortest, *longest);
    }
    const std::array<int64_t, 2> limits{duration, duration};
    list.set(controls::FrameDurationLimits, libcamera::Span<const int64_t, 2>(limits));
  }
  if (known.find(controls::AeEnable.id()) != known.end()) list.set(controls::AeEnable, true);
  const auto focus = known.find(controls::AfMode.id());
  if (focus != known.end() &&
      control_number(focus->second.max()).value_or(0) >= controls::AfModeContinuous) {
    list.set(controls::AfMode, static_cast<int32_t>(controls::AfModeContinuous));
  }
  return list;
}

// The time between two pictures that these controls request; 0 when they do not.
inline Duration interval_of(const libcamera::ControlList& list) {
  const auto limits = list.get(libcamera::controls::FrameDurationLimits);
  return limits ? std::chrono::microseconds((*limits)[0]) : Duration::zero();
}

}  // namespace fanlight
