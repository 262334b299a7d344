// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/device_list.h"

#include <fmt/core.h>
#include <linux/videodev2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "capture/v4l2/v4l2_controls.h"
#include "capture/v4l2/v4l2_device.h"
#include "capture/v4l2/v4l2_format.h"
#include "capture/v4l2/v4l2_offers.h"
#include "core/printable.h"

namespace fanlight {
namespace {

uint64_t device_number(const std::string& node) {
  struct stat status {};
  return ::stat(node.c_str(), &status) == 0 ? uint64_t{status.st_rdev} : 0;
}

// Whether pictures enter the node from outside. A driver has an input for that, except where other
// programs supply the pictures: the ISPs of the Raspberry Pi (bcm2835-isp, pispbe) take theirs from
// another of their nodes and have no inputs, and for those of a media controller the kernel makes
// one up.
bool has_input(V4l2Device& device) {
  v4l2_capability capability{};
  if (device.try_ioctl(VIDIOC_QUERYCAP, capability) != 0) return false;
  const bool is_fed_by_others = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 &&
                                (capability.device_caps & V4L2_CAP_IO_MC) != 0;
  v4l2_input input{};
  return !is_fed_by_others && device.try_ioctl(VIDIOC_ENUMINPUT, input) == 0;
}

// False when it is not a camera. Throws std::system_error.
bool ask(V4l2Io& io, V4l2Conversion conversion, V4l2Camera& camera) {
  V4l2Device device(io, camera.node, conversion);
  if (!has_input(device)) return false;
  camera.name = device.name();
  camera.offers = enumerate_v4l2_offers(device, V4l2Wish{});
  camera.choice = choose_v4l2_format(camera.offers, V4l2Wish{});
  std::erase_if(camera.offers,
                [](const V4l2Offer& offer) { return find_v4l2_format(offer.fourcc) == nullptr; });
  camera.controls = read_v4l2_controls(io, device.fd());
  return camera.choice.has_value();
}

// Nothing if it is not a camera, or gone by now.
std::optional<V4l2Camera> look_at(V4l2Io& io, const std::string& node, const SystemRoots& roots) {
  V4l2Camera camera;
  camera.node = node;
  camera.path = stable_video_path(node, roots);
  camera.device = device_number(node);
  try {
    // The order in which the source tries them.
    const bool is_camera =
        ask(io, V4l2Conversion::off, camera) || ask(io, V4l2Conversion::on, camera);
    if (!is_camera) return std::nullopt;
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    if (code == ENOTTY || code == ENOENT || code == ENODEV || code == ENXIO) return std::nullopt;
    camera.problem = error.what();
  }
  return camera;
}

std::string spec_of(const V4l2Camera& camera) {
  return "v4l2:" + camera.path;
}

std::string rates(const V4l2Size& size) {
  if (size.fps_max <= 0) return "";
  if (size.fps_min < size.fps_max) {
    return fmt::format(" at {:.4g}..{:.4g} fps", size.fps_min, size.fps_max);
  }
  return fmt::format(" at {:.4g} fps", size.fps_max);
}

void describe_formats(const V4l2Camera& camera, std::back_insert_iterator<std::string> out) {
  for (const V4l2Offer& offer : camera.offers) {
    for (const V4l2Size& size : offer.sizes) {
      const bool is_taken = camera.choice && camera.choice->fourcc == offer.fourcc &&
                            camera.choice->width == size.width &&
                            camera.choice->height == size.height;
      fmt::format_to(out, "  {} {} {}x{}{}{}\n", is_taken ? '*' : ' ',
                     find_v4l2_format(offer.fourcc)->name, size.width, size.height, rates(size),
                     offer.is_emulated ? ", converted by libv4l2" : "");
    }
  }
}

// "power_line_frequency=1 (0: Disabled, 1: 50 Hz, default 1)", "gain=3 (0..63 in steps of 1 ...)".
void describe_control(const Control& control, std::back_insert_iterator<std::string> out) {
  fmt::format_to(out, "    {}={} (", control.name, control.value);
  if (control.type == ControlType::menu) {
    for (size_t i = 0; i < control.menu.size(); i++) {
      if (!control.menu[i].empty()) fmt::format_to(out, "{}: {}, ", i, control.menu[i]);
    }
  } else {
    fmt::format_to(out, "{}..{}, ", control.minimum, control.maximum);
    if (control.step > 1) fmt::format_to(out, "steps of {}, ", control.step);
  }
  fmt::format_to(out, "default {}{}{})\n", control.default_value,
                 control.is_active ? "" : ", inactive",
                 control.is_read_only ? ", cannot be set" : "");
}

void describe(const V4l2Camera& camera, std::back_insert_iterator<std::string> out) {
  if (!camera.problem.empty()) {
    fmt::format_to(out, "    {}\n", camera.problem);
    return;
  }
  fmt::format_to(out, "    {}", camera.name);
  if (camera.path != camera.node) fmt::format_to(out, ", now {}", camera.node);
  fmt::format_to(out, "\n");
  describe_formats(camera, out);
  for (const Control& control : camera.controls) describe_control(control, out);
}

void describe(const LibcameraCamera& camera, std::back_insert_iterator<std::string> out) {
  if (!camera.model.empty()) fmt::format_to(out, "    {}\n", printable(camera.model));
  for (const LibcameraFormat& format : camera.formats) {
    for (const LibcameraFormat::Size& size : format.sizes) {
      fmt::format_to(out, "    {} {}x{}\n", format.name, size.width, size.height);
    }
  }
}

std::string headline(const std::string& spec, const std::optional<std::string>& automatic) {
  return fmt::format("{}{}\n", spec, spec == automatic ? " (auto)" : "");
}

// The lowest value wins. Pictures that libv4l2 has to convert are most often a sensor's raw ones,
// too dark and in the wrong colours.
int reluctance(const V4l2Camera& camera) {
  if (!camera.problem.empty()) return 2;
  return camera.choice && camera.choice->is_emulated ? 1 : 0;
}

// For this machine. `problem` is why libcamera has no cameras, in words.
std::vector<LibcameraCamera> ask_libcamera(std::string& problem) {
  try {
    return list_libcamera_cameras();
  } catch (const std::system_error& error) {
    // These are not about cameras.
    if (error.code() == std::errc::too_many_files_open) throw;
    if (error.code() == std::errc::resource_unavailable_try_again) throw;
    problem = error.what();
    return {};
  }
}

}  // namespace

std::vector<V4l2Camera> list_v4l2_cameras(V4l2Io& io, const SystemRoots& roots) {
  std::vector<V4l2Camera> cameras;
  for (const std::string& node : video_nodes(roots)) {
    if (std::optional<V4l2Camera> camera = look_at(io, node, roots)) {
      cameras.push_back(std::move(*camera));
    }
  }
  return cameras;
}

std::optional<std::string> choose_automatic_source(std::span<const LibcameraCamera> libcamera,
                                                   std::span<const V4l2Camera> v4l2) {
  if (!libcamera.empty()) {
    const LibcameraCamera& first = libcamera.front();
    const auto same = std::ranges::find_if(v4l2, [&](const V4l2Camera& camera) {
      return reluctance(camera) == 0 &&
             std::ranges::find(first.video_devices, camera.device) != first.video_devices.end();
    });
    return same == v4l2.end() ? "libcamera:" + first.id : spec_of(*same);
  }
  const auto best = std::ranges::min_element(v4l2, {}, reluctance);
  return best == v4l2.end() ? std::nullopt : std::optional(spec_of(*best));
}

std::string describe_cameras(std::span<const LibcameraCamera> libcamera,
                             std::span<const V4l2Camera> v4l2) {
  const std::optional<std::string> automatic = choose_automatic_source(libcamera, v4l2);
  std::string text;
  const auto out = std::back_inserter(text);
  for (const LibcameraCamera& camera : libcamera) {
    text += headline("libcamera:" + camera.id, automatic);
    describe(camera, out);
  }
  for (const V4l2Camera& camera : v4l2) {
    text += headline(spec_of(camera), automatic);
    describe(camera, out);
  }
  if (text.empty()) text = "(no camera found)\n";
  return text;
}

std::string list_devices() {
  std::string problem;
  const std::vector<LibcameraCamera> libcamera = ask_libcamera(problem);
  std::string text = describe_cameras(libcamera, list_v4l2_cameras(system_v4l2_io()));
  if (!problem.empty()) fmt::format_to(std::back_inserter(text), "({})\n", problem);
  return text;
}

std::optional<std::string> choose_automatic_source() {
  std::string problem;
  const std::vector<LibcameraCamera> libcamera = ask_libcamera(problem);
  return choose_automatic_source(libcamera, list_v4l2_cameras(system_v4l2_io()));
}

}  // namespace fanlight
