// SPDX-License-Identifier: Apache-2.0
// fake_camera: a preloaded library (ld.so(8), LD_PRELOAD) that gives a program a V4L2 camera at
// /dev/video-fake, which plays JPEGs as MJPEG, so that ustreamer can be compared on the same
// pictures. FAKE_CAMERA_DIR is a directory of them, played in name order; FAKE_CAMERA_FPS is 30.
//
// It implements what a capture by mmap needs, and answers ENOTTY to other requests, as drivers do
// (Linux Media Userspace API, "Video Capture Interface").
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench/micro/jpegs.h"
#include "core/time.h"

namespace fanlight {
namespace {

constexpr std::string_view kPath = "/dev/video-fake";
constexpr unsigned kBuffersMax = 32;
constexpr unsigned kPage = 4096;

// The function of libc that one of ours replaces.
template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

unsigned read_fps() {
  const std::string_view text =
      std::getenv("FAKE_CAMERA_FPS") ? std::getenv("FAKE_CAMERA_FPS") : "";
  unsigned fps = 0;
  std::from_chars(text.data(), text.data() + text.size(), fps);
  return fps == 0 ? 30 : std::min(fps, 1000u);
}

// Owns: the buffers' memory, and a thread while it streams, which fills a buffer at each tick.
// Thread: any; a mutex guards what is not constant.
// Invariant: the descriptor, the end of a pipe, has a byte for each filled buffer, so that select()
//   and poll() work without help. (An eventfd would be writable too, which ustreamer treats as an
//   error.)
class Camera {
 public:
  // nullptr with errno when there are no pictures, or no memory for the descriptor.
  static std::unique_ptr<Camera> open(int flags);
  ~Camera();

  int fd() const { return pipe_[0]; }
  // 0, or an errno.
  int control(uint32_t request, void* argument);
  void* map(size_t size, off_t offset);

 private:
  Camera(std::vector<std::string> pictures, std::array<int, 2> pipe, int memory);

  int query(v4l2_capability& capability) const;
  int enumerate(v4l2_fmtdesc& format) const;
  int grant(v4l2_format& format) const;
  int grant(v4l2_streamparm& parameters) const;
  int request(v4l2_requestbuffers& request);
  int query(v4l2_buffer& buffer) const;
  int queue(const v4l2_buffer& buffer);
  int dequeue(v4l2_buffer& buffer);
  void start();
  void stop();
  void play();
  void fill(unsigned index);
  void describe(v4l2_buffer& buffer) const;

  const std::vector<std::string> pictures_;
  const unsigned fps_ = read_fps();
  const std::array<int, 2> pipe_;
  const int memory_;  // a memfd that holds the buffers, one after another
  unsigned buffer_size_ = kPage;

  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool streaming_ = false;
  unsigned buffers_ = 0;
  uint32_t sequence_ = 0;  // pictures that the sensor has taken, including lost ones
  std::deque<unsigned> empty_;
  std::deque<v4l2_buffer> full_;
  std::thread sensor_;
};

std::unique_ptr<Camera> Camera::open(int flags) {
  const char* directory = std::getenv("FAKE_CAMERA_DIR");
  std::vector<std::string> pictures = read_jpegs(directory == nullptr ? "" : directory);
  if (pictures.empty()) {
    errno = ENODEV;
    return nullptr;
  }
  std::array<int, 2> pipe{};
  const int memory = ::memfd_create("fake camera", MFD_CLOEXEC);
  if (memory < 0 || ::pipe2(pipe.data(), O_CLOEXEC | (flags & O_NONBLOCK)) != 0) return nullptr;
  return std::unique_ptr<Camera>(new Camera(std::move(pictures), pipe, memory));
}

Camera::Camera(std::vector<std::string> pictures, std::array<int, 2> pipe, int memory)
    : pictures_(std::move(pictures)), pipe_(pipe), memory_(memory) {
  for (const std::string& picture : pictures_) {
    const unsigned size = static_cast<unsigned>(picture.size()) + kPage - 1;
    buffer_size_ = std::max(buffer_size_, size / kPage * kPage);
  }
}

Camera::~Camera() {
  stop();
  for (const int fd : {memory_, pipe_[0], pipe_[1]}) original<int(int)>("close")(fd);
}

int Camera::control(uint32_t request_code, void* argument) {
  switch (request_code) {
    case VIDIOC_QUERYCAP:
      return query(*static_cast<v4l2_capability*>(argument));
    case VIDIOC_ENUM_FMT:
      return enumerate(*static_cast<v4l2_fmtdesc*>(argument));
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT:
    case VIDIOC_TRY_FMT:
      return grant(*static_cast<v4l2_format*>(argument));
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
      return grant(*static_cast<v4l2_streamparm*>(argument));
    case VIDIOC_S_INPUT:
      return *static_cast<int*>(argument) == 0 ? 0 : EINVAL;
    case VIDIOC_REQBUFS:
      return request(*static_cast<v4l2_requestbuffers*>(argument));
    case VIDIOC_QUERYBUF:
      return query(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_QBUF:
      return queue(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_DQBUF:
      return dequeue(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_STREAMON:
      start();
      return 0;
    case VIDIOC_STREAMOFF:
      stop();
      return 0;
    default:
      return ENOTTY;
  }
}

void* Camera::map(size_t size, off_t offset) {
  return original<void*(void*, size_t, int, int, int, off_t)>("mmap")(
      nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_, offset);
}

int Camera::query(v4l2_capability& capability) const {
  capability = {};
  std::memcpy(capability.driver, "fake", 5);
  std::memcpy(capability.card, "Fake camera", 12);
  capability.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  capability.capabilities = capability.device_caps | V4L2_CAP_DEVICE_CAPS;
  return 0;
}

int Camera::enumerate(v4l2_fmtdesc& format) const {
  if (format.index > 0) return EINVAL;
  format.flags = V4L2_FMT_FLAG_COMPRESSED;
  format.pixelformat = V4L2_PIX_FMT_MJPEG;
  std::memcpy(format.description, "Motion-JPEG", 12);
  return 0;
}

// Any requested size is granted: no program here decodes the pictures.
int Camera::grant(v4l2_format& format) const {
  if (format.type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return EINVAL;
  v4l2_pix_format& pixels = format.fmt.pix;
  pixels.pixelformat = V4L2_PIX_FMT_MJPEG;
  pixels.field = V4L2_FIELD_NONE;
  pixels.bytesperline = 0;
  pixels.sizeimage = buffer_size_;
  pixels.colorspace = V4L2_COLORSPACE_JPEG;
  return 0;
}

int Camera::grant(v4l2_streamparm& parameters) const {
  if (parameters.type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return EINVAL;
  parameters.parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
  parameters.parm.capture.timeperframe = {1, fps_};
  return 0;
}

int Camera::request(v4l2_requestbuffers& request) {
  if (request.memory != V4L2_MEMORY_MMAP) return EINVAL;
  const std::lock_guard lock(mutex_);
  if (streaming_) return EBUSY;
  request.count = std::min(request.count, kBuffersMax);
  buffers_ = request.count;
  empty_.clear();
  return ::ftruncate(memory_, off_t{buffer_size_} * buffers_) == 0 ? 0 : errno;
}

void Camera::describe(v4l2_buffer& buffer) const {
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  buffer.field = V4L2_FIELD_NONE;
  buffer.length = buffer_size_;
  buffer.m.offset = buffer.index * buffer_size_;
}

int Camera::query(v4l2_buffer& buffer) const {
  const std::lock_guard lock(mutex_);
  if (buffer.index >= buffers_) return EINVAL;
  describe(buffer);
  return 0;
}

int Camera::queue(const v4l2_buffer& buffer) {
  const std::lock_guard lock(mutex_);
  const bool queued = std::find(empty_.begin(), empty_.end(), buffer.index) != empty_.end();
  if (buffer.index >= buffers_ || buffer.memory != V4L2_MEMORY_MMAP || queued) return EINVAL;
  empty_.push_back(buffer.index);
  return 0;
}

// Waits in the read when the descriptor blocks.
int Camera::dequeue(v4l2_buffer& buffer) {
  char byte = 0;
  if (::read(fd(), &byte, 1) != 1) return errno;
  const std::lock_guard lock(mutex_);
  if (full_.empty()) return EINVAL;
  buffer = full_.front();
  full_.pop_front();
  return 0;
}

void Camera::start() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(streaming_, true)) return;
  sensor_ = std::thread([this] { play(); });
}

void Camera::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(streaming_, false)) return;
    stopping_.notify_all();
  }
  sensor_.join();
  const std::lock_guard lock(mutex_);
  empty_.clear();
  char byte = 0;
  while (!full_.empty() && ::read(fd(), &byte, 1) == 1) full_.pop_front();
}

// The sensor's thread: at each tick it fills an empty buffer, or the picture is lost.
void Camera::play() {
  const Duration interval = Duration(1s) / fps_;
  const Instant began = read_monotonic_clock();
  std::unique_lock lock(mutex_);
  for (int64_t tick = 0; streaming_;) {
    ++sequence_;
    if (!empty_.empty()) {
      fill(empty_.front());
      empty_.pop_front();
    }
    tick = std::max((read_monotonic_clock() - began) / interval, tick) + 1;
    const std::chrono::steady_clock::time_point due{(began + interval * tick).time_since_epoch()};
    stopping_.wait_until(lock, due, [this] { return !streaming_; });
  }
}

void Camera::fill(unsigned index) {
  const std::string& picture = pictures_[(sequence_ - 1) % pictures_.size()];
  const auto start = static_cast<off_t>(index * buffer_size_);
  if (::pwrite(memory_, picture.data(), picture.size(), start) < 0) return;
  v4l2_buffer buffer{};
  buffer.index = index;
  describe(buffer);
  buffer.flags |= V4L2_BUF_FLAG_DONE;
  buffer.bytesused = static_cast<uint32_t>(picture.size());
  buffer.sequence = sequence_;
  const Duration now = read_monotonic_clock().time_since_epoch();
  buffer.timestamp = {now / 1s, (now % 1s) / 1us};
  if (::write(pipe_[1], "", 1) == 1) full_.push_back(buffer);
}

// One program opens the camera once. Its functions may be called before constructors have run.
constinit std::unique_ptr<Camera> the_camera;

int open_camera(int flags) {
  if (the_camera) {
    errno = EBUSY;
    return -1;
  }
  the_camera = Camera::open(flags);
  return the_camera ? the_camera->fd() : -1;
}

bool is_camera(int fd) {
  return the_camera && the_camera->fd() == fd;
}

}  // namespace
}  // namespace fanlight

extern "C" {

int access(const char* path, int mode) noexcept {
  if (path == fanlight::kPath) return 0;
  return fanlight::original<int(const char*, int)>("access")(path, mode);
}

int open(const char* path, int flags, ...) {
  if (path == fanlight::kPath) return fanlight::open_camera(flags);
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);  // read even if absent, but then not used
  va_end(arguments);
  return fanlight::original<int(const char*, int, ...)>("open")(path, flags, mode);
}

int close(int fd) {
  if (!fanlight::is_camera(fd)) return fanlight::original<int(int)>("close")(fd);
  fanlight::the_camera.reset();
  return 0;
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (!fanlight::is_camera(fd)) {
    return fanlight::original<int(int, unsigned long, ...)>("ioctl")(fd, request, argument);
  }
  // Programs that keep the number in an int sign-extend it.
  const auto code = static_cast<uint32_t>(request);
  const int error = fanlight::the_camera->control(code, argument);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  if (fd >= 0 && fanlight::is_camera(fd)) return fanlight::the_camera->map(size, offset);
  return fanlight::original<void*(void*, size_t, int, int, int, off_t)>("mmap")(
      address, size, protection, flags, fd, offset);
}
}
