// SPDX-License-Identifier: Apache-2.0
// V4L2 devices for tests: what the kernel's documentation says of them, and on command all that it
// does not. Their memory is a memfd and their readiness an eventfd, so poll(2) and mmap(2) are
// real.
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
  std::vector<uint32_t> fps;  // none: the driver does not tell
};

struct FakeFormat {
  uint32_t fourcc;
  std::vector<FakeSize> sizes{};
  std::optional<v4l2_frmsize_stepwise> size_range{};  // in place of `sizes`
  std::optional<v4l2_frmival_stepwise> interval_range{};
  bool is_emulated = false;  // listed only when it was opened with conversion
};

// How a buffer comes back; the defaults are those of a healthy device.
struct FakeShot {
  uint32_t flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  std::optional<uint32_t> sequence{};  // one more than the last
  Instant timestamp{};
  std::optional<uint32_t> bytes_used{};  // as much as there is
  uint32_t data_offset = 0;              // multi-planar; what is before it is zero
};

// One device. Owns: the memory and what was written into it.
// Thread: one.
class FakeCamera {
 public:
  FakeCamera();

  // What it is. Changing it while it is open is what bad drivers do.
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
  // Asked first: 0 or -errno; nothing when the device shall answer as always. For controls, timings
  // and events, which it knows nothing of, and for drivers with ideas of their own.
  std::function<std::optional<int>(unsigned long, void*)> answer;

  void be_multiplanar();

  // The call of this request after `after` more fails, and so do those that follow, `times` in all.
  void fail(unsigned long request, int error, int after = 0, int times = 1);
  void forget_failures() { failures_.clear(); }
  // The same for open() and map().
  int open_error = 0;
  std::optional<int> map_fails_after;

  // Fills the buffer that was queued first, its planes one after another; false when none is.
  bool shoot(std::span<const std::byte> content, const FakeShot& shot = {});

  // What poll(2) says from now on, whatever else happens.
  void poll_error();
  void poll_priority();
  void poll_readable();

  // What was done to it.
  std::map<unsigned long, int> calls;
  std::vector<uint32_t> queued;  // the oldest first
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

  // What was not given back yet.
  size_t open_count() const { return open_.size(); }
  size_t mapped_count() const { return mapped_.size(); }

 private:
  std::map<std::string, FakeCamera> cameras_;
  std::map<int, FakeCamera*> open_;
  std::map<void*, size_t> mapped_;
};

}  // namespace fanlight
