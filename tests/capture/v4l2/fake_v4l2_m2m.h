// SPDX-License-Identifier: Apache-2.0
// FakeV4l2M2m: a JPEG encoder like that of the Raspberry Pi, implemented with TurboJPEG.
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/v4l2/v4l2_io.h"
#include "capture/v4l2/v4l2_layout.h"

namespace fanlight {

// Owns: memory for both buffers, and an eventfd for each opened descriptor, which is always
//   writable, and readable if a JPEG is ready.
// Thread: the test's.
class FakeV4l2M2m final : public V4l2Io {
 public:
  static constexpr char kPath[] = "/dev/video31";

  // Its properties.
  std::string path = kPath;
  uint32_t capabilities = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
  std::vector<uint32_t> inputs = {V4L2_PIX_FMT_YUV420};
  uint32_t output = V4L2_PIX_FMT_JPEG;
  uint32_t side_max = 1920;
  uint32_t rows_multiple = 16;
  uint32_t row_bytes_multiple = 32;

  // The faults to inject.
  std::map<unsigned long, int> errors;  // errno by request
  bool is_hung = false;                 // accepts pictures and returns nothing
  bool wakes_for_nothing = false;       // readable without a JPEG
  bool ignores_selection = false;       // encodes the rows added by rounding up, too
  uint32_t buffer_flags = 0;            // of a JPEG
  uint32_t buffer_index = 0;
  uint32_t bytes_used_more = 0;  // more than the actual bytes
  uint32_t buffer_length_less = 0;
  size_t jpeg_bytes_lost = 0;

  // The calls made on it.
  int quality = 0;
  int opened = 0;
  int closed = 0;
  int encoded = 0;
  int mapped = 0;

  // The last picture queued, in the buffer; valid until it is unmapped.
  const RawView& seen() const { return seen_; }

  ~FakeV4l2M2m() override;
  int open(const std::string& name, V4l2Conversion conversion) noexcept override;
  void close(int fd) noexcept override;
  int ioctl(int fd, unsigned long request, void* argument) noexcept override;
  void* map(int fd, size_t length, uint32_t offset) noexcept override;
  void unmap(void* address, size_t length) noexcept override;

 private:
  struct Direction {
    v4l2_format format{};
    std::vector<std::byte> memory;
    uint32_t bytes_used = 0;
    bool is_streaming = false;
    bool is_queued = false;
    bool is_done = false;
  };

  Direction& direction(uint32_t type) { return V4L2_TYPE_IS_OUTPUT(type) ? in_ : out_; }
  int set_format(v4l2_format& format);
  int enumerate(v4l2_fmtdesc& format) const;
  int queue(const v4l2_buffer& buffer);
  int dequeue(v4l2_buffer& buffer);
  void encode();
  void signal_ready();

  int fd_ = -1;
  uint32_t crop_width_ = 0;
  uint32_t crop_height_ = 0;
  Direction in_;
  Direction out_;
  RawView seen_;
  JpegEncoder encoder_;
};

}  // namespace fanlight
