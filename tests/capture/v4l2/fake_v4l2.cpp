// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/v4l2/fake_v4l2.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace fanlight {
namespace {

constexpr size_t kPage = 64 << 10;  // a multiple of every machine's page size

void name(std::span<uint8_t> field, const char* text) {
  std::memcpy(field.data(), text, std::min(field.size(), std::strlen(text) + 1));
}

}  // namespace

FakeCamera::FakeCamera() {
  name(capability.driver, "fake");
  name(capability.card, "Fake Camera");
  name(capability.bus_info, "usb-fake-1");
  capability.capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  capability.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
}

void FakeCamera::be_multiplanar() {
  capability.device_caps = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
}

void FakeCamera::fail(unsigned long request, int error, int after, int times) {
  failures_.push_back({request, error, after, times});
}

std::optional<int> FakeCamera::scripted_error(unsigned long request) {
  for (Failure& failure : failures_) {
    if (failure.request != request || failure.times == 0) continue;
    if (failure.after-- > 0) return std::nullopt;
    --failure.times;
    return -failure.error;
  }
  return std::nullopt;
}

int FakeCamera::ioctl(unsigned long request, void* argument) {
  ++calls[request];
  if (const std::optional<int> error = scripted_error(request)) return *error;
  if (answer) {
    if (const std::optional<int> answered = answer(request, argument)) return *answered;
  }
  return carry_out(request, argument);
}

int FakeCamera::carry_out(unsigned long request, void* argument) {
  switch (request) {
    case VIDIOC_QUERYCAP:
      *static_cast<v4l2_capability*>(argument) = capability;
      return 0;
    case VIDIOC_ENUM_FMT:
      return enumerate_format(*static_cast<v4l2_fmtdesc*>(argument));
    case VIDIOC_ENUM_FRAMESIZES:
      return enumerate_size(*static_cast<v4l2_frmsizeenum*>(argument));
    case VIDIOC_ENUM_FRAMEINTERVALS:
      return enumerate_interval(*static_cast<v4l2_frmivalenum*>(argument));
    case VIDIOC_G_FMT:
      *static_cast<v4l2_format*>(argument) = format;
      return format.type == 0 ? -EINVAL : 0;
    case VIDIOC_S_FMT:
      return set_format(*static_cast<v4l2_format*>(argument));
    case VIDIOC_G_PARM:
      return parameters(*static_cast<v4l2_streamparm*>(argument), false);
    case VIDIOC_S_PARM:
      return parameters(*static_cast<v4l2_streamparm*>(argument), true);
    case VIDIOC_REQBUFS:
      return request_buffers(*static_cast<v4l2_requestbuffers*>(argument));
    case VIDIOC_QUERYBUF:
      return query_buffer(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_QBUF:
      return queue_buffer(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_DQBUF:
      return dequeue_buffer(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_STREAMON:
      is_streaming = true;
      return 0;
    case VIDIOC_STREAMOFF:
      is_streaming = false;
      queued.clear();
      done_.clear();
      return 0;
    default:
      return -ENOTTY;
  }
}

int FakeCamera::request_buffers(v4l2_requestbuffers& item) {
  buffers_ = std::min(item.count, buffers_max);
  queued.clear();
  done_.clear();
  size_t bytes = 0;
  for (size_t i = 0; i < planes().size(); ++i) bytes += plane_bytes(i);
  memory_ = Fd(::memfd_create("fake camera", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(memory_.get(), static_cast<off_t>(bytes * buffers_)), 0);
  item.count = buffers_;
  if (grant_buffers) grant_buffers(item);
  return 0;
}

size_t FakeCamera::plane_bytes(size_t plane) const {
  return (planes()[plane].sizeimage + kPage - 1) / kPage * kPage;
}

uint32_t FakeCamera::offset_of(uint32_t index, size_t plane) const {
  size_t per_buffer = 0;
  size_t before = 0;
  for (size_t i = 0; i < planes().size(); ++i) {
    if (i < plane) before += plane_bytes(i);
    per_buffer += plane_bytes(i);
  }
  return static_cast<uint32_t>(index * per_buffer + before);
}

int FakeCamera::query_buffer(v4l2_buffer& item) const {
  if (item.index >= buffers_) return -EINVAL;
  if (V4L2_TYPE_IS_MULTIPLANAR(item.type)) {
    if (item.length < planes().size()) return -EINVAL;
    for (size_t i = 0; i < planes().size(); ++i) {
      item.m.planes[i].length = static_cast<uint32_t>(plane_bytes(i));
      item.m.planes[i].m.mem_offset = offset_of(item.index, i);
    }
  } else {
    item.length = static_cast<uint32_t>(plane_bytes(0));
    item.m.offset = offset_of(item.index, 0);
  }
  if (query) query(item);
  return 0;
}

int FakeCamera::queue_buffer(v4l2_buffer& item) {
  const bool is_queued = std::find(queued.begin(), queued.end(), item.index) != queued.end();
  if (item.index >= buffers_ || is_queued) return -EINVAL;
  queued.push_back(item.index);
  return 0;
}

int FakeCamera::dequeue_buffer(v4l2_buffer& item) {
  if (!is_streaming) return -EINVAL;
  if (done_.empty()) return -EAGAIN;
  const Done done = done_.front();
  done_.erase(done_.begin());
  update_readiness();
  item.index = done.index;
  item.flags = done.shot.flags;
  item.sequence = *done.shot.sequence;
  const auto since_boot = done.shot.timestamp.time_since_epoch();
  item.timestamp.tv_sec = since_boot / 1s;
  item.timestamp.tv_usec = since_boot % 1s / 1us;
  if (V4L2_TYPE_IS_MULTIPLANAR(item.type)) {
    for (size_t i = 0; i < done.bytes_used.size(); ++i) {
      item.m.planes[i].bytesused = done.bytes_used[i];
      item.m.planes[i].data_offset = done.shot.data_offset;
    }
  } else {
    item.bytesused = done.bytes_used[0];
  }
  if (dequeue) dequeue(item);
  return 0;
}

bool FakeCamera::shoot(std::span<const std::byte> content, const FakeShot& shot) {
  if (!is_streaming || queued.empty()) return false;
  Done done{queued.front(), shot, {}};
  queued.erase(queued.begin());
  if (!done.shot.sequence) done.shot.sequence = sequence_;
  sequence_ = *done.shot.sequence + 1;
  for (size_t i = 0; i < planes().size(); ++i) {
    const size_t room = plane_bytes(i) - shot.data_offset;
    const bool is_last = i + 1 == planes().size();
    const size_t size = std::min({content.size(), room, is_last ? room : planes()[i].sizeimage});
    const off_t at = offset_of(done.index, i) + shot.data_offset;
    EXPECT_EQ(::pwrite(memory_.get(), content.data(), size, at), static_cast<ssize_t>(size));
    content = content.subspan(size);
    done.bytes_used.push_back(
        shot.bytes_used.value_or(static_cast<uint32_t>(size) + shot.data_offset));
  }
  done_.push_back(done);
  update_readiness();
  return true;
}

void FakeCamera::update_readiness() {
  if (poll_is_scripted_ || fd_ < 0) return;
  uint64_t count = 1;
  const auto size = static_cast<ssize_t>(sizeof count);
  if (!done_.empty()) {
    EXPECT_EQ(::write(fd_, &count, sizeof count), size);
  } else {
    EXPECT_EQ(::read(fd_, &count, sizeof count), size);
  }
}

void FakeCamera::replace_descriptor(int other_fd) {
  EXPECT_GE(::dup2(other_fd, fd_), 0);
  poll_is_scripted_ = true;
}

// poll(2): "the write end of a pipe whose read end has been closed".
void FakeCamera::poll_error() {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  replace_descriptor(ends[1]);
  ::close(ends[1]);
}

// poll(2): out-of-band data on a TCP socket.
void FakeCamera::poll_priority() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.get(), any, size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), any, &size), 0);
  static Fd sender;  // open until the next one, so that there is no hang-up
  sender = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(sender.get(), any, size), 0);
  const Fd receiver(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_EQ(::send(sender.get(), "!", 1, MSG_OOB), 1);
  pollfd arrival{receiver.get(), POLLPRI, 0};
  ASSERT_EQ(::poll(&arrival, 1, 10'000), 1);
  replace_descriptor(receiver.get());
}

void FakeCamera::poll_readable() {
  replace_descriptor(Fd(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)).get());
}

FakeV4l2::~FakeV4l2() {
  EXPECT_EQ(open_count(), 0u) << "devices that were not closed";
  EXPECT_EQ(mapped_count(), 0u) << "buffers that were not unmapped";
}

int FakeV4l2::open(const std::string& path, V4l2Conversion conversion) noexcept {
  const auto found = cameras_.find(path);
  if (found == cameras_.end()) return -ENOENT;
  FakeCamera& camera = found->second;
  if (camera.open_error != 0) return -camera.open_error;
  camera.fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  camera.conversion_ = conversion;
  camera.poll_is_scripted_ = false;
  open_[camera.fd_] = &camera;
  return camera.fd_;
}

void FakeV4l2::close(int fd) noexcept {
  const auto found = open_.find(fd);
  ASSERT_NE(found, open_.end()) << "closed a descriptor that is not open";
  // This was its last user: the kernel then frees the buffers and stops the stream.
  FakeCamera& camera = *found->second;
  camera.is_streaming = false;
  camera.buffers_ = 0;
  camera.queued.clear();
  camera.done_.clear();
  if (camera.fd_ == fd) camera.fd_ = -1;
  open_.erase(found);
  ::close(fd);
}

int FakeV4l2::ioctl(int fd, unsigned long request, void* argument) noexcept {
  const auto found = open_.find(fd);
  return found == open_.end() ? -EBADF : found->second->ioctl(request, argument);
}

void* FakeV4l2::map(int fd, size_t length, uint32_t offset) noexcept {
  FakeCamera& camera = *open_.at(fd);
  if (camera.map_fails_after && (*camera.map_fails_after)-- == 0) {
    errno = ENOMEM;
    return nullptr;
  }
  void* address =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, camera.memory_.get(), offset);
  if (address == MAP_FAILED) return nullptr;
  mapped_[address] = length;
  return address;
}

void FakeV4l2::unmap(void* address, size_t length) noexcept {
  const auto found = mapped_.find(address);
  ASSERT_TRUE(found != mapped_.end() && found->second == length)
      << "unmapped memory that is not mapped";
  mapped_.erase(found);
  ::munmap(address, length);
}

}  // namespace fanlight
