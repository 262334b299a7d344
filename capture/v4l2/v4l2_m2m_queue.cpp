// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_m2m_queue.h"

#include <poll.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "capture/v4l2/v4l2_layout.h"

namespace fanlight {
namespace {

// Retries for a driver that reports readiness, but has nothing.
constexpr int kBarrenWakesMax = 16;

void check(int result, const char* what) {
  if (result != 0) throw std::system_error(-result, std::generic_category(), what);
}

void request_buffers(V4l2Io& io, int fd, v4l2_buf_type type) {
  v4l2_requestbuffers request{};
  request.count = 1;
  request.type = type;
  request.memory = V4L2_MEMORY_MMAP;
  check(io.ioctl(fd, VIDIOC_REQBUFS, &request), "reserving buffers");
  // It may grant more than one; the first is enough.
  if (request.count == 0) check(-ENOMEM, "reserving buffers");
}

}  // namespace

V4l2M2mQueue::V4l2M2mQueue(V4l2Io& io, int fd, v4l2_buf_type type) : io_(io), fd_(fd), type_(type) {
  request_buffers(io_, fd_, type_);
  v4l2_plane plane{};
  v4l2_buffer buffer = description(plane);
  check(io_.ioctl(fd_, VIDIOC_QUERYBUF, &buffer), "querying a buffer");
  if (plane.length == 0 || plane.length > kImageBytesMax) check(-EPROTO, "a buffer's size");
  void* address = io_.map(fd_, plane.length, plane.m.mem_offset);
  if (address == nullptr) check(-errno, "mapping a buffer");
  memory_ = {static_cast<std::byte*>(address), plane.length};
}

// Closing the descriptor cleans up anything that fails here.
V4l2M2mQueue::~V4l2M2mQueue() {
  int type = static_cast<int>(type_);
  io_.ioctl(fd_, VIDIOC_STREAMOFF, &type);
  io_.unmap(memory_.data(), memory_.size());
}

void V4l2M2mQueue::start() {
  int type = static_cast<int>(type_);
  check(io_.ioctl(fd_, VIDIOC_STREAMON, &type), "starting the stream");
}

v4l2_buffer V4l2M2mQueue::description(v4l2_plane& plane) const noexcept {
  v4l2_buffer buffer{};
  buffer.type = type_;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.m.planes = &plane;
  buffer.length = 1;  // of the array of planes
  return buffer;
}

bool V4l2M2mQueue::queue(size_t bytes) noexcept {
  v4l2_plane plane{};
  plane.length = static_cast<uint32_t>(memory_.size());
  plane.bytesused = static_cast<uint32_t>(bytes);
  v4l2_buffer buffer = description(plane);
  buffer.field = V4L2_FIELD_NONE;
  return io_.ioctl(fd_, VIDIOC_QBUF, &buffer) == 0;
}

std::optional<std::span<const std::byte>> V4l2M2mQueue::wait(Duration timeout) noexcept {
  const short events = V4L2_TYPE_IS_OUTPUT(type_) ? POLLOUT : POLLIN;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  for (int wakes = 0; wakes < kBarrenWakesMax; wakes++) {
    pollfd ready{fd_, events, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(ms));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    v4l2_plane plane{};
    v4l2_buffer buffer = description(plane);
    const int result = io_.ioctl(fd_, VIDIOC_DQBUF, &buffer);
    if (result == 0) return used_part(buffer, plane);
    if (result != -EAGAIN) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::span<const std::byte>> V4l2M2mQueue::used_part(
    const v4l2_buffer& done, const v4l2_plane& plane) const noexcept {
  const bool is_ours = done.index == 0 && (done.flags & V4L2_BUF_FLAG_ERROR) == 0;
  const bool is_within = plane.data_offset <= plane.bytesused && plane.bytesused <= memory_.size();
  if (!is_ours || !is_within) return std::nullopt;
  // `bytesused` includes the bytes before `data_offset`.
  return memory_.subspan(plane.data_offset, plane.bytesused - plane.data_offset);
}

}  // namespace fanlight
