// SPDX-License-Identifier: Apache-2.0
// V4l2M2mEncoder: a hardware JPEG encoder, as in the Raspberry Pi 4 and its predecessors
// (bcm2835-codec-encode_image, /dev/video31). The Pi 5 has none.
//
// The Raspberry Pi's driver takes pictures up to 1920x1920 and needs their height in memory rounded
// up to 16 rows; others have other limits. All limits are derived from what the driver grants.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/jpeg/encoder.h"
#include "capture/v4l2/v4l2_identity.h"
#include "capture/v4l2/v4l2_io.h"
#include "capture/v4l2/v4l2_layout.h"
#include "capture/v4l2/v4l2_m2m_queue.h"
#include "core/time.h"

namespace fanlight {

// Owns: the device; its two buffers from the first picture on.
// Thread: see Encoder.
// Invariant: the result is a whole JPEG of the picture's size, which is checked (jpeg_repair.h)
//   because the device is not ours.
class V4l2M2mEncoder final : public Encoder {
 public:
  // The longest time that a picture may take in the hardware before the device counts as hung.
  static constexpr Duration kTimeout = 500ms;

  // Throws std::system_error: errors of open(2) or of the driver; ENOTTY when it is not a JPEG
  // encoder that takes our pictures.
  V4l2M2mEncoder(V4l2Io& io, const std::string& path, Duration timeout = kTimeout);
  V4l2M2mEncoder(const V4l2M2mEncoder&) = delete;
  V4l2M2mEncoder& operator=(const V4l2M2mEncoder&) = delete;
  ~V4l2M2mEncoder() override;

  std::string_view name() const override { return name_; }

  // Full range only, of even width and height, within the device's limits.
  bool takes(const RawView& raw, int width, int height) const override;
  size_t bytes_needed(const RawView& raw, int width, int height) const override;
  size_t encode(const RawView& raw, int width, int height, int quality,
                std::span<std::byte> out) noexcept override;

 private:
  // A supported pixel format.
  struct Input {
    PixelFormat pixels = PixelFormat::yuv420;
    uint32_t fourcc = 0;
    v4l2_frmsize_stepwise limits{};
  };
  // The device's current setup.
  struct Session {
    PixelFormat pixels;
    int width;
    int height;
    V4l2Layout layout;
    std::unique_ptr<V4l2M2mQueue> input;
    std::unique_ptr<V4l2M2mQueue> output;
  };

  void open();
  void close() noexcept;
  void find_inputs();
  const Input* find_input(PixelFormat pixels) const;
  bool is_within_limits(const Input& input, int width, int height) const;
  void set_up(const Input& input, int width, int height, size_t jpeg_bytes);
  V4l2Layout set_input_format(const Input& input, int width, int height);
  void set_output_format(int width, int height, size_t jpeg_bytes);
  void set_quality(int quality);
  void fill_input(const RawView& raw);
  size_t run(const RawView& raw, std::span<std::byte> out);

  V4l2Io& io_;
  const std::string path_;
  const Duration timeout_;
  int fd_ = -1;
  std::string name_;
  std::vector<Input> inputs_;
  std::unique_ptr<Session> session_;
  int quality_ = 0;  // as set; 0: none yet
};

// The first one of this machine; null when there is none, or none that this user may open.
std::unique_ptr<Encoder> find_v4l2_m2m_encoder(V4l2Io& io = system_v4l2_io(),
                                               const SystemRoots& roots = {});

}  // namespace fanlight
