// SPDX-License-Identifier: Apache-2.0
// The cameras present: what --list-devices prints, and what --source auto takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/libcamera/libcamera_plugin.h"
#include "capture/source/control.h"
#include "capture/v4l2/v4l2_choice.h"
#include "capture/v4l2/v4l2_identity.h"
#include "capture/v4l2/v4l2_io.h"

namespace fanlight {

// A V4L2 node that captures: a webcam, a frame grabber.
struct V4l2Camera {
  std::string node{};     // its stable name (stable_video_path())
  std::string path{};     // its name that stays the same (stable_video_path())
  uint64_t device = 0;    // st_rdev of stat(2)
  std::string name{};     // "HD Webcam C525 at usb-0000:00:14.0-1"
  std::string problem{};  // why it could not be queried, with what to try; empty on success
  std::vector<V4l2Offer> offers{};     // the formats that we can use
  std::optional<V4l2Choice> choice{};  // the default choice among them
  std::vector<Control> controls{};
};

// The V4L2 cameras, ordered by node number. Nodes that give no picture by themselves are left out:
// metadata and output nodes, codecs (V4L2_CAP_VIDEO_M2M), and those that a media controller has to
// feed first, like the ISPs of the Raspberry Pi, which are libcamera's business.
std::vector<V4l2Camera> list_v4l2_cameras(V4l2Io& io, const SystemRoots& roots = {});

// The SPEC of the camera that --source auto takes; nothing when there is no camera. libcamera's
// first one, else V4L2's first one. A webcam known to both is taken from V4L2, which has all of its
// controls. One that cannot be opened is better than none: its error gives the reason.
std::optional<std::string> choose_automatic_source(std::span<const LibcameraCamera> libcamera,
                                                   std::span<const V4l2Camera> v4l2);

// Text for people. For programs: a line that begins with neither a blank nor a `(` is the SPEC of a
// camera, and ends with ` (auto)` when --source auto takes that camera.
//
//   v4l2:/dev/v4l/by-id/usb-046d_HD_Webcam_C525-video-index0 (auto)
//       HD Webcam C525 at usb-0000:00:14.0-1, now /dev/video0
//     * MJPEG 1280x720 at 5..30 fps
//       YUYV 640x480 at 30 fps
//       brightness=128 (0..255, default 128)
//
// The asterisk marks the format taken when no size and no rate are requested.
std::string describe_cameras(std::span<const LibcameraCamera> libcamera,
                             std::span<const V4l2Camera> v4l2);

// The same for the cameras of this machine. Without libcamera's plugin its cameras are missing;
// list_devices() notes that. Throws std::system_error (EMFILE, EAGAIN) when descriptors or threads
// run short.
std::string list_devices();
std::optional<std::string> choose_automatic_source();

}  // namespace fanlight
