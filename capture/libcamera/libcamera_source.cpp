// SPDX-License-Identifier: Apache-2.0
// The plugin: libcamera's cameras as a Source. It compiles against libcamera 0.0.3 (Debian 12),
// 0.3, 0.4 (Debian 13), 0.5 (Raspberry Pi OS) and 0.7: tests/capture/libcamera/versions_test.py.
#include <fmt/core.h>
#include <libcamera/libcamera.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/libcamera/completed_requests.h"
#include "capture/libcamera/libcamera_buffers.h"
#include "capture/libcamera/libcamera_camera.h"
#include "capture/libcamera/libcamera_controls.h"
#include "capture/libcamera/libcamera_formats.h"
#include "capture/libcamera/libcamera_list.h"
#include "capture/libcamera/libcamera_manager.h"
#include "capture/libcamera/libcamera_plugin.h"
#include "core/check.h"
#include "core/log.h"

namespace fanlight {
namespace {

// Requests and their buffers; no pipeline has as many.
constexpr size_t kBuffersMax = 32;
// Buffers that the camera always has: the one being written and the next.
constexpr size_t kBuffersOfCamera = 2;
// How long a camera that refuses every request may be one that is being unplugged: the kernel fails
// requests immediately, and the notification is delayed by udev.
constexpr Duration kRemovalPatience = 1s;

// Owns: the camera, its buffers and the requests that circulate between it and us.
// Thread: see Source; libcamera's own thread calls completed() and nothing else.
// Invariant: each request is in one place: with the camera, complete and not yet taken, held (the
//   pictures that were handed out), or set aside because the camera refused it.
class LibcameraSource final : public Source {
 public:
  LibcameraSource(std::string_view argument, const SourceOptions& options, CameraClock& clock);

  const SourceFormat& format() const override { return format_; }
  std::optional<Picture> next(Instant deadline) override;
  size_t pictures_kept() const override { return pictures_kept_; }
  std::string identity() const override { return camera_->id(); }
  SourceDescription describe() const override;
  std::vector<Control> controls() override;
  void set_control(const Control& control, int64_t value) override;

 private:
  struct Slot {
    std::unique_ptr<libcamera::Request> request;  // its cookie is the slot's number
    libcamera::FrameBuffer* buffer;
    MappedBuffer memory;
  };

  // Pictures arrive while it exists.
  struct Running {
    LibcameraSource& source;
    explicit Running(LibcameraSource& that) : source(that) {
      source.camera_->requestCompleted.connect(&source, &LibcameraSource::completed);
      source.manager_.watch(source.camera_.pointer().get(), source.completed_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      source.camera_->stop();  // after this libcamera's thread uses nothing of ours
      source.camera_->requestCompleted.disconnect(&source);
      source.manager_.forget(source.completed_);
    }
  };

  void make_slots();
  void start(const SourceOptions& options);
  void completed(libcamera::Request* request) { completed_.add(request->cookie()); }
  void queue(size_t number);
  std::optional<size_t> take_newest();
  void set_aside(size_t number);
  Picture hand_out(size_t number);
  bool has_picture(const Slot& slot) const;
  [[noreturn]] void refuse(int error, std::string_view what) const {
    fail(error, fmt::format("libcamera:{}: {}", camera_->id(), what));
  }

  CameraClock& clock_;
  LibcameraManager manager_;
  AcquiredCamera camera_;
  const std::unique_ptr<libcamera::CameraConfiguration> configuration_;
  const libcamera::StreamConfiguration& stream_;
  const std::optional<PixelFormat> pixels_;  // nothing: Motion JPEG
  const libcamera::Size size_;
  SourceFormat format_;
  libcamera::FrameBufferAllocator allocator_;
  std::vector<Slot> slots_;
  size_t pictures_kept_ = 1;

  CompletedRequests completed_{kBuffersMax};
  std::vector<size_t> taken_;  // scratch space of take_newest()
  std::vector<size_t> aside_;  // refused; retried when the camera gives a picture
  std::deque<size_t> held_;    // handed out, oldest first
  size_t in_camera_ = 0;
  Instant refused_since_ = kNever;  // when the camera began to refuse all requests

  libcamera::ControlList wishes_;         // sent with the next request
  std::map<unsigned, int64_t> settings_;  // last requested value, by control

  std::optional<Running> running_;
};

LibcameraSource::LibcameraSource(std::string_view argument, const SourceOptions& options,
                                 CameraClock& clock)
    : clock_(clock),
      camera_(find_camera(manager_.get(), argument, options.identity)),
      configuration_(configure(*camera_.pointer(), options)),
      stream_(configuration_->at(0)),
      pixels_(find_libcamera_format(stream_.pixelFormat)->pixels),
      size_(pixels_ ? usable_size(*pixels_, stream_.size) : stream_.size),
      allocator_(camera_.pointer()),
      wishes_(camera_->controls()) {
  constexpr unsigned kSideMax = 16384;
  if (size_.isNull() || size_.width > kSideMax || size_.height > kSideMax) {
    refuse(EPROTO, "impossible picture size " + stream_.size.toString());
  }
  format_.width = static_cast<int>(size_.width);
  format_.height = static_cast<int>(size_.height);
  make_slots();
  start(options);
}

void LibcameraSource::make_slots() {
  const int allocated = allocator_.allocate(stream_.stream());
  if (allocated < 0) refuse(-allocated, "no memory for pictures; try a smaller --size");
  const auto& buffers = allocator_.buffers(stream_.stream());
  const size_t count = std::min(buffers.size(), kBuffersMax);
  if (count < kBuffersOfCamera) refuse(ENOMEM, "too few buffers; try a smaller --size");
  for (size_t number = 0; number < count; ++number) {
    libcamera::FrameBuffer* buffer = buffers[number].get();
    slots_.push_back({camera_->createRequest(number), buffer, MappedBuffer(*buffer)});
    const Slot& slot = slots_.back();
    if (!slot.request || slot.request->addBuffer(stream_.stream(), buffer) < 0) {
      refuse(EIO, "accepts no requests");
    }
    if (!pixels_) {
      format_.jpeg_bytes_max = std::max(format_.jpeg_bytes_max, slot.memory.planes()[0].size());
    } else if (!view_planes(*pixels_, size_, stream_.stride, slot.memory.planes())) {
      refuse(EPROTO, "its buffers are too small for " + stream_.toString());
    }
  }
  pictures_kept_ = std::max<size_t>(count - kBuffersOfCamera, 1);
  taken_.reserve(count);
  aside_.reserve(count);
}

// A camera that refuses to start with these controls (libcamera 0.5 sets them on a USB camera
// immediately) is better than none.
void LibcameraSource::start(const SourceOptions& options) {
  const Duration wanted = options.fps > 0 ? frame_interval(options, 1) : Duration::zero();
  const libcamera::ControlList first = first_controls(*camera_.pointer(), wanted);
  running_.emplace(*this);
  int result = camera_->start(&first);
  if (result == 0) {
    format_.interval = interval_of(first);
    for (const auto& [id, value] : first) {
      if (const auto number = control_number(value)) settings_[id] = *number;
    }
  } else {
    log_warning("libcamera:{}: refuses automatic exposure and focus; continuing without",
                camera_->id());
    result = camera_->start();
  }
  if (result < 0) refuse(-result, "does not start");
  for (size_t number = 0; number < slots_.size(); ++number) queue(number);
}

// Queues a request with the camera, including pending controls.
void LibcameraSource::queue(size_t number) {
  libcamera::Request& request = *slots_[number].request;
  request.reuse(libcamera::Request::ReuseBuffers);
  request.controls().merge(wishes_);
  const int result = camera_->queueRequest(&request);
  if (result < 0) refuse(-result, "accepts no requests");
  wishes_.clear();
  ++in_camera_;
  refused_since_ = kNever;
}

std::optional<Picture> LibcameraSource::next(Instant deadline) {
  if (held_.size() == pictures_kept_) {
    const size_t oldest = held_.front();
    held_.pop_front();
    slots_[oldest].memory.end_read();
    queue(oldest);
  }
  for (;;) {
    if (const auto newest = take_newest()) return hand_out(*newest);
    Instant until = deadline;
    if (in_camera_ == 0) {
      if (refused_since_ == kNever) refused_since_ = clock_.now();
      if (clock_.now() >= refused_since_ + kRemovalPatience) refuse(EIO, "refuses all requests");
      until = std::min(deadline, refused_since_ + kRemovalPatience);
    }
    const Wake wake = clock_.wait(completed_.fd(), POLLIN, until);
    if (wake == Wake::stop || wake == Wake::interrupted) return std::nullopt;
    if (wake == Wake::deadline && until == deadline) return std::nullopt;
  }
}

// The newest good picture among the completed ones. Older ones would only delay the stream: they go
// back, as do broken ones and those that libcamera marks as unfit for display.
std::optional<size_t> LibcameraSource::take_newest() {
  if (completed_.take(taken_)) refuse(ENODEV, "unplugged");
  std::optional<size_t> newest;
  for (const size_t number : taken_) {
    --in_camera_;
    const Slot& slot = slots_[number];
    if (slot.request->status() == libcamera::Request::RequestCancelled) {
      set_aside(number);
    } else if (slot.buffer->metadata().status != libcamera::FrameMetadata::FrameSuccess ||
               !has_picture(slot)) {
      queue(number);
    } else {
      if (newest) queue(*newest);
      newest = number;
    }
  }
  if (newest) {
    for (const size_t number : aside_) queue(number);
    aside_.clear();
  }
  return newest;
}

// A cancelled request either had a control that the driver refused, or the camera is gone. In the
// latter case requeuing it may crash the process: libcamera 0.0.3 aborts when a request completes
// after the camera was removed. So it waits for evidence that the camera still works.
void LibcameraSource::set_aside(size_t number) {
  for (const auto& [id, value] : slots_[number].request->controls()) {
    if (settings_.erase(id) > 0) {
      log_warning("libcamera:{}: refuses to set {}", camera_->id(),
                  control_name(libcamera::controls::controls.at(id)->name()));
    }
  }
  aside_.push_back(number);
}

bool LibcameraSource::has_picture(const Slot& slot) const {
  if (pixels_) return true;  // make_slots() has checked the buffers
  const auto planes = slot.buffer->metadata().planes();
  return planes.size() > 0 && planes[0].bytesused > 0 &&
         planes[0].bytesused <= slot.memory.planes()[0].size();
}

Picture LibcameraSource::hand_out(size_t number) {
  Slot& slot = slots_[number];
  held_.push_back(number);
  slot.memory.begin_read();
  const Instant now = clock_.now();
  const libcamera::FrameMetadata& metadata = slot.buffer->metadata();
  Picture picture;
  picture.width = format_.width;
  picture.height = format_.height;
  picture.captured_at = capture_instant(metadata.timestamp, now);
  picture.captured_wall = std::chrono::floor<std::chrono::microseconds>(
      clock_.wall_now() - (now - picture.captured_at));
  if (pixels_) {
    picture.raw = view_planes(*pixels_, size_, stream_.stride, slot.memory.planes()).value();
    // Cameras that do not specify it have video's range, as most do.
    picture.raw.limited_range =
        is_yuv(*pixels_) &&
        !(stream_.colorSpace && stream_.colorSpace->range == libcamera::ColorSpace::Range::Full);
  } else {
    const auto bytes = slot.memory.planes()[0].first(metadata.planes()[0].bytesused);
    picture.jpeg = std::as_bytes(bytes);
  }
  return picture;
}

SourceDescription LibcameraSource::describe() const {
  const std::string model = model_of(*camera_.pointer());
  const double fps = format_.interval > Duration::zero() ? 1 / to_seconds(format_.interval) : 0;
  return {.device = model.empty() ? camera_->id() : fmt::format("{} at {}", model, camera_->id()),
          .format = fmt::format("{} {}x{}{}, {}", stream_.pixelFormat.toString(), format_.width,
                                format_.height, fps > 0 ? fmt::format(" at {:.4g} fps", fps) : "",
                                pixels_ ? "encoded here" : "passed through"),
          .via = {}};
}

// The value that was set; else the one in the newest picture's metadata; else the default.
std::vector<Control> LibcameraSource::controls() {
  std::vector<Control> result;
  for (const LibcameraControl& known : libcamera_controls()) {
    const auto found = camera_->controls().find(known.id->id());
    if (found == camera_->controls().end()) continue;
    std::optional<Control> control = make_control(known, found->second);
    if (!control) continue;
    const auto setting = settings_.find(control->id);
    if (setting != settings_.end()) {
      control->value = setting->second;
    } else if (!held_.empty()) {
      const libcamera::ControlList& metadata = slots_[held_.back()].request->metadata();
      if (metadata.contains(control->id)) {
        control->value = control_number(metadata.get(control->id)).value_or(control->value);
      }
    }
    result.push_back(*std::move(control));
  }
  return result;
}

// Whether it is accepted is known only when the request that carries it is complete: set_aside().
void LibcameraSource::set_control(const Control& control, int64_t value) {
  const libcamera::ControlId* id = libcamera::controls::controls.at(control.id);
  wishes_.set(control.id, control_value(id->type(), value));
  settings_[control.id] = value;
}

std::unique_ptr<Source> open(std::string_view argument, const SourceOptions& options,
                             CameraClock& clock) {
  return std::make_unique<LibcameraSource>(argument, options, clock);
}

}  // namespace
}  // namespace fanlight

extern "C" const void* fanlight_libcamera_plugin() {
  static const fanlight::LibcameraPlugin plugin{FANLIGHT_VERSION, fanlight::open,
                                                fanlight::list_cameras};
  return &plugin;
}
