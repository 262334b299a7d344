// SPDX-License-Identifier: Apache-2.0
// Source: where a camera's pictures come from. For a tour see "Adding a source" in CONTRIBUTING.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/picture/picture.h"
#include "capture/source/control.h"
#include "core/time.h"

namespace fanlight {

// How another server is queried.
struct UpstreamOptions {
  std::vector<std::string> headers;  // "Name: value"; not sent to hosts that it redirects to
  std::string ca;                    // a file of certificates (PEM) in place of the system's
  std::string pin;                   // of its public key, as curl writes it: "sha256//BASE64"
  bool insecure = false;             // its certificate is not checked at all
  bool segments = false;             // it is a Fanlight, to be asked for updates
  std::string credentials;           // a file of a NATS user's; empty: none

  bool operator==(const UpstreamOptions&) const = default;
};

// What the user requested. A source that cannot provide it provides the nearest it can.
struct SourceOptions {
  int width = 0;   // pixels; 0: the source's own choice
  int height = 0;  // 0 exactly when width is
  double fps = 0;  // pictures per second; 0: the source's own choice
  // X-Sequence of the first picture, for sources that draw it; not 1 after reopening.
  uint64_t first_sequence = 1;
  // For another server: how long its first picture, or a snapshot, may take.
  Duration timeout = 30s;
  // How long opening may wait for it, if less.
  Duration patience = 30s;
  UpstreamOptions upstream{};
  // Source::identity() of the previously open device, so that it is found under another name; empty
  //   at the first opening.
  std::string identity{};
};

// What the source granted.
struct SourceFormat {
  int width = 0;  // pixels, of the first picture
  int height = 0;
  Duration interval{};        // nominal time between two pictures; 0: not known
  size_t jpeg_bytes_max = 0;  // largest JPEG known to be passed through; 0: raw pictures
};

// Its description in words, for the log and /api/v1/state.
struct SourceDescription {
  std::string device;  // "HD Webcam C525 at usb-0000:00:14.0-1"
  std::string format;  // as granted: "MJPEG 1280x720 at 30 fps, passed through"
  std::string via;  // relays between the camera and here, in the syntax of RFC 9110 section 7.6.3
};

// Pictures lost before they became ours, since the opening.
struct SourceLosses {
  uint64_t damaged = 0;   // marked so by the device
  uint64_t unusable = 0;  // empty, too short for a picture, or longer than its buffer
  uint64_t lost = 0;      // gaps in its numbers: no buffer free, or lost on the bus
  uint64_t late = 0;      // superseded by a newer one before we took it

  bool operator==(const SourceLosses&) const = default;
};

// Owns: the device, the file or the drawing, and the memory of the newest pictures.
// Thread: the constructor opens and may run on the main thread; all later calls and the destructor
//   run on the camera thread.
// Errors: constructors throw std::system_error when the device cannot be opened and
//   std::invalid_argument when the specification or an option makes no sense.
class Source {
 public:
  virtual ~Source() = default;

  virtual const SourceFormat& format() const = 0;

  // Waits for the next picture, only through CameraClock::wait(), so that a stop takes effect
  // immediately. Returns nothing when `deadline`, an interruption or a stop came first; the source
  // is then unaffected by the call. Throws std::system_error when the device is gone: this object
  // is not used again.
  virtual std::optional<Picture> next(Instant deadline) = 0;

  // X-Sequence of the next picture, for sources that draw it. Only before the first picture.
  virtual void number_from(uint64_t) {}

  // Whether silence is normal: it sends only on change, and the end of its connection is noticed.
  // Its last picture then stays while it is silent, and for the stall timeout after next() has
  // thrown.
  virtual bool may_be_silent() const { return false; }

  // How many of the pictures last returned by next() keep their bytes; at least 1. With more,
  // several can be encoded at the same time. A call that would exceed the number invalidates the
  // oldest.
  virtual size_t pictures_kept() const { return 1; }

  // Identifies the device among others of its kind, on any port; empty when nothing does.
  virtual std::string identity() const { return {}; }

  virtual SourceDescription describe() const { return {}; }

  // For sources whose devices number their pictures.
  virtual SourceLosses losses() const { return {}; }

  // Its current controls.
  virtual std::vector<Control> controls() { return {}; }

  // `value` is within the control's range and step, or an item of its menu. Throws
  // std::system_error when the device refuses.
  virtual void set_control(const Control& control, int64_t value);
};

// The time between two pictures at the requested rate, or at `default_fps`. Throws
// std::invalid_argument outside 0.01..240 fps.
Duration frame_interval(const SourceOptions& options, double default_fps);

// The format of a source that draws its pictures and can therefore grant any: as requested, or the
// defaults. Throws std::invalid_argument outside 160x120..7680x4320 and 0.01..240 fps.
SourceFormat drawn_format(const SourceOptions& options, int default_width, int default_height,
                          double default_fps);

}  // namespace fanlight
