// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_buffers.h"

#include <algorithm>
#include <cerrno>

#include "capture/v4l2/v4l2_layout.h"
#include "core/check.h"

namespace fanlight {
namespace {

// The most that the kernel grants (VIDEO_MAX_FRAME); a larger number is a driver bug.
constexpr uint32_t kCountMax = VIDEO_MAX_FRAME;

Instant instant_of(const v4l2_buffer& buffer) {
  return Instant(std::chrono::seconds(buffer.timestamp.tv_sec) +
                 std::chrono::microseconds(buffer.timestamp.tv_usec));
}

}  // namespace

V4l2Buffers::V4l2Buffers(V4l2Device& device, size_t memory_planes, uint32_t count)
    : device_(device), memory_planes_(memory_planes) {
  CHECK(memory_planes >= 1 && memory_planes <= 3 && count >= kCountMin && count <= kCountMax);
  try {
    request(count);
    for (uint32_t index = 0; index < buffers_.size(); ++index) {
      map(index);
      give_back(index);
    }
    start();
  } catch (...) {
    release();
    throw;
  }
}

V4l2Buffers::~V4l2Buffers() {
  release();
}

// Large raw pictures may exceed the memory that a small machine reserves for devices (CMA).
void V4l2Buffers::request(uint32_t count) {
  v4l2_requestbuffers request{};
  int result = 0;
  do {
    request = {};
    request.count = count;
    request.type = device_.buffer_type();
    request.memory = V4L2_MEMORY_MMAP;
    result = device_.try_ioctl(VIDIOC_REQBUFS, request);
    if (result != -ENOMEM || count == kCountMin) break;
    count = std::max(count / 2, kCountMin);
  } while (true);
  if (result < 0) device_.fail(-result, "cannot get buffers");
  if (request.count < kCountMin) device_.fail(ENOMEM, "it grants too few buffers");
  if (request.count > kCountMax) device_.fail(EPROTO, "it claims to grant too many buffers");
  buffers_.resize(request.count);
}

void V4l2Buffers::map(uint32_t index) {
  Planes planes{};
  v4l2_buffer described = description(index, planes);
  device_.ioctl(VIDIOC_QUERYBUF, described, "cannot find a buffer");
  for (size_t i = 0; i < memory_planes_; ++i) {
    const size_t length = device_.is_multiplanar() ? planes[i].length : described.length;
    const uint32_t offset = device_.is_multiplanar() ? planes[i].m.mem_offset : described.m.offset;
    if (length == 0 || length > 2 * kImageBytesMax) {
      device_.fail(EPROTO, "a buffer has an absurd size");
    }
    void* address = device_.io().map(device_.fd(), length, offset);
    if (address == nullptr) device_.fail(errno, "cannot map a buffer");
    buffers_[index].planes[i] = {static_cast<std::byte*>(address), length};
  }
}

void V4l2Buffers::start() {
  uint32_t type = device_.buffer_type();
  device_.ioctl(VIDIOC_STREAMON, type, "cannot start");
  is_streaming_ = true;
}

// No failure here matters: closing the device does the rest. The memory is unmapped first, because
// REQBUFS refuses (EBUSY) while it is mapped.
void V4l2Buffers::release() noexcept {
  uint32_t type = device_.buffer_type();
  if (is_streaming_) device_.try_ioctl(VIDIOC_STREAMOFF, type);
  for (Buffer& buffer : buffers_) {
    for (const std::span<std::byte> plane : buffer.planes) {
      if (!plane.empty()) device_.io().unmap(plane.data(), plane.size());
    }
  }
  if (buffers_.empty()) return;
  v4l2_requestbuffers none{};
  none.type = type;
  none.memory = V4L2_MEMORY_MMAP;
  device_.try_ioctl(VIDIOC_REQBUFS, none);
}

v4l2_buffer V4l2Buffers::description(uint32_t index, Planes& planes) const noexcept {
  v4l2_buffer buffer{};
  buffer.index = index;
  buffer.type = device_.buffer_type();
  buffer.memory = V4L2_MEMORY_MMAP;
  if (device_.is_multiplanar()) {
    buffer.m.planes = planes.data();
    buffer.length = static_cast<uint32_t>(memory_planes_);
  }
  return buffer;
}

std::optional<V4l2Frame> V4l2Buffers::take() {
  Planes planes{};
  v4l2_buffer filled = description(0, planes);
  const int result = device_.try_ioctl(VIDIOC_DQBUF, filled);
  if (result == -EAGAIN) return std::nullopt;
  if (result < 0) device_.fail(-result, "it stopped giving pictures");
  if (filled.index >= buffers_.size() || !buffers_[filled.index].is_queued) {
    device_.fail(EPROTO, "it returned a buffer that it does not have");
  }
  buffers_[filled.index].is_queued = false;
  return frame_of(filled, planes);
}

// Multi-planar: `bytesused` counts from the beginning of the plane, including `data_offset`.
V4l2Frame V4l2Buffers::frame_of(const v4l2_buffer& filled, const Planes& planes) const {
  V4l2Frame frame{.index = filled.index,
                  .sequence = filled.sequence,
                  .is_damaged = (filled.flags & V4L2_BUF_FLAG_ERROR) != 0,
                  .is_monotonic = (filled.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) ==
                                  V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
                  .timestamp = instant_of(filled)};
  for (size_t i = 0; i < memory_planes_; ++i) {
    const size_t used = device_.is_multiplanar() ? planes[i].bytesused : filled.bytesused;
    const size_t skipped = device_.is_multiplanar() ? planes[i].data_offset : 0;
    const std::span<const std::byte> plane = buffers_[filled.index].planes[i];
    if (used > plane.size() || skipped > used) {
      frame.memory = {};
      break;
    }
    frame.memory[i] = plane.subspan(skipped, used - skipped);
  }
  return frame;
}

void V4l2Buffers::give_back(uint32_t index) {
  CHECK(index < buffers_.size() && !buffers_[index].is_queued);
  Planes planes{};
  v4l2_buffer buffer = description(index, planes);
  device_.ioctl(VIDIOC_QBUF, buffer, "it rejects a buffer");
  buffers_[index].is_queued = true;
}

size_t V4l2Buffers::plane_bytes() const noexcept {
  size_t bytes = 0;
  for (const std::span<std::byte> plane : buffers_.front().planes) {
    bytes = std::max(bytes, plane.size());
  }
  return bytes;
}

}  // namespace fanlight
