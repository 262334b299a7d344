// SPDX-License-Identifier: Apache-2.0
// V4L2 devices for tests: they behave as the kernel's documentation describes, and on command in
// every way that it does not. Their memory is a memfd and their readiness an eventfd, so poll(2)
// and mmap(2) are real.
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "capture/v4l2/v4l2_io.h"
#include "core/fd.h"
#include "core/time.h"

namespace fanlight {

struct FakeSize {
  uint32_t width;
  uint32_t height;
  std::vector<uint32_t> fps;  // empty: the driver does not report it
};

struct FakeFormat {
  uint32_t fourcc;
  std::vector<FakeSize> sizes{};
  std::optional<v4l2_frmsize_stepwise> size_range{};  // in place of `sizes`
  std::optional<v4l2_frmival_stepwise> interval_range{};
  bool is_emulated = false;  // listed only if opened with conversion
};

// How a buffer is returned; the defaults are those of a healthy device.
struct FakeShot {
  uint32_t flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  std::optional<uint32_t> sequence{};  // default: the last one plus 1
  Instant timestamp{};
  std::optional<uint32_t> bytes_used{};  // default: all bytes
  uint32_t data_offset = 0;              // multi-planar; the bytes before it are zero
};

// One device. Owns: the memory and the bytes written into it.
// Thread: one.
class FakeCamera {
 public:
  FakeCamera();

  // Its properties. Only bad drivers change them while the device is open.
  v4l2_capability capability{};
  std::vector<FakeFormat> formats;
  uint32_t jpeg_bytes = 100'000;  // sizeimage of compressed formats
  uint32_t buffers_max = VIDEO_MAX_FRAME;
  bool has_rate = true;                    // G_PARM and S_PARM
  std::optional<uint32_t> quantization{};  // none: its driver does not know the field
  uint32_t colorspace = V4L2_COLORSPACE_SRGB;
  std::function<void(v4l2_format&)> grant;           // changes what S_FMT returns
  std::function<void(v4l2_buffer&)> query, dequeue;  // the same for QUERYBUF and DQBUF
  std::function<void(v4l2_requestbuffers&)> grant_buffers;
  // Called first: 0 or -errno; nothing if the device is to handle the request as usual. For
  // controls, timings and events, which the fake does not implement, and for drivers that deviate.
  std::function<std::optional<int>(unsigned long, void*)> answer;

  void be_multiplanar();

  // After `after` more calls of this request, the next `times` calls fail.
  void fail(unsigned long request, int error, int after = 0, int times = 1);
  void forget_failures() { failures_.clear(); }
  // The same for open() and map().
  int open_error = 0;
  std::optional<int> map_fails_after;

  // Fills the buffer queued first, its planes one after another; false if no buffer is queued.
  bool shoot(std::span<const std::byte> content, const FakeShot& shot = {});

  // What poll(2) reports from now on, regardless of everything else.
  void poll_error();
  void poll_priority();
  void poll_readable();

  // The calls made on it.
  std::map<unsigned long, int> calls;
  std::vector<uint32_t> queued;  // oldest first
  bool is_streaming = false;
  v4l2_format format{};
  uint32_t fps = 5;

 private:
  friend class FakeV4l2;
  struct Failure {
    unsigned long request;
    int error, after, times;
  };
  struct Done {
    uint32_t index;
    FakeShot shot;
    std::vector<uint32_t> bytes_used;
  };

  int ioctl(unsigned long request, void* argument);
  int carry_out(unsigned long request, void* argument);
  std::optional<int> scripted_error(unsigned long request);
  int enumerate_format(v4l2_fmtdesc& item) const;
  int enumerate_size(v4l2_frmsizeenum& item) const;
  int enumerate_interval(v4l2_frmivalenum& item) const;
  int set_format(v4l2_format& wanted);
  int parameters(v4l2_streamparm& item, bool set);
  int request_buffers(v4l2_requestbuffers& item);
  int query_buffer(v4l2_buffer& item) const;
  int queue_buffer(v4l2_buffer& item);
  int dequeue_buffer(v4l2_buffer& item);
  std::vector<const FakeFormat*> listed() const;
  const FakeFormat* find(uint32_t fourcc) const;
  std::vector<v4l2_plane_pix_format> planes() const;
  size_t plane_bytes(size_t plane) const;
  uint32_t offset_of(uint32_t index, size_t plane) const;
  void update_readiness();
  void replace_descriptor(int other_fd);

  int fd_ = -1;  // of the last open()
  V4l2Conversion conversion_ = V4l2Conversion::off;
  Fd memory_;
  uint32_t buffers_ = 0;
  std::vector<Done> done_;
  uint32_t sequence_ = 0;
  std::vector<Failure> failures_;
  bool poll_is_scripted_ = false;
};

// Owns: the devices, by path. Thread: one.
class FakeV4l2 final : public V4l2Io {
 public:
  FakeV4l2() = default;
  ~FakeV4l2() override;

  FakeCamera& add(const std::string& path) { return cameras_[path]; }

  int open(const std::string& path, V4l2Conversion conversion) noexcept override;
  void close(int fd) noexcept override;
  int ioctl(int fd, unsigned long request, void* argument) noexcept override;
  void* map(int fd, size_t length, uint32_t offset) noexcept override;
  void unmap(void* address, size_t length) noexcept override;

  // Descriptors and mappings not released yet.
  size_t open_count() const { return open_.size(); }
  size_t mapped_count() const { return mapped_.size(); }

 private:
  std::map<std::string, FakeCamera> cameras_;
  std::map<int, FakeCamera*> open_;
  std::map<void*, size_t> mapped_;
};

}  // namespace fanlight
