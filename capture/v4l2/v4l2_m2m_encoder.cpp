// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_m2m_encoder.h"

#include <fmt/core.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "capture/jpeg/jpeg_encoder.h"
#include "capture/jpeg/jpeg_repair.h"
#include "capture/v4l2/v4l2_device.h"
#include "capture/v4l2/v4l2_error.h"
#include "core/check.h"
#include "core/log.h"

namespace fanlight {
namespace {

constexpr v4l2_buf_type kInputType = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
constexpr v4l2_buf_type kOutputType = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
constexpr uint32_t kFormatsMax = 256;

// Formats that we may have to encode and such a device may support, in one memory area each.
constexpr std::pair<PixelFormat, uint32_t> kInputs[] = {
    {PixelFormat::yuv420, V4L2_PIX_FMT_YUV420}, {PixelFormat::nv12, V4L2_PIX_FMT_NV12},
    {PixelFormat::nv21, V4L2_PIX_FMT_NV21},     {PixelFormat::yuyv, V4L2_PIX_FMT_YUYV},
    {PixelFormat::uyvy, V4L2_PIX_FMT_UYVY},     {PixelFormat::yvyu, V4L2_PIX_FMT_YVYU},
    {PixelFormat::vyuy, V4L2_PIX_FMT_VYUY}};

// Bytes of a row and rows of a plane of these formats; width and height are even.
struct PlaneExtent {
  size_t bytes = 0;
  size_t rows = 0;
};

std::array<PlaneExtent, 3> extents_of(PixelFormat pixels, int width, int height) {
  const auto w = static_cast<size_t>(width);
  const auto h = static_cast<size_t>(height);
  switch (pixels) {
    case PixelFormat::yuv420:
      return {{{w, h}, {w / 2, h / 2}, {w / 2, h / 2}}};
    case PixelFormat::nv12:
    case PixelFormat::nv21:
      return {{{w, h}, {w, h / 2}, {}}};
    default:
      return {{{2 * w, h}, {}, {}}};
  }
}

// For a log line that names the device.
[[noreturn]] void fail(int error, std::string_view what) {
  throw std::system_error(error, std::generic_category(), std::string(what));
}

bool has_format(V4l2Io& io, int fd, v4l2_buf_type type, uint32_t fourcc) {
  for (uint32_t index = 0; index < kFormatsMax; index++) {
    v4l2_fmtdesc format{};
    format.index = index;
    format.type = type;
    if (io.ioctl(fd, VIDIOC_ENUM_FMT, &format) != 0) return false;
    if (format.pixelformat == fourcc) return true;
  }
  return false;
}

bool is_within(int value, uint32_t minimum, uint32_t maximum) {
  return std::cmp_greater_equal(value, minimum) && std::cmp_less_equal(value, maximum);
}

}  // namespace

V4l2M2mEncoder::V4l2M2mEncoder(V4l2Io& io, const std::string& path, Duration timeout)
    : io_(io), path_(path), timeout_(timeout) {
  open();
  try {
    find_inputs();
  } catch (...) {
    close();
    throw;
  }
}

V4l2M2mEncoder::~V4l2M2mEncoder() {
  close();
}

void V4l2M2mEncoder::open() {
  const int fd = io_.open(path_, V4l2Conversion::off);
  if (fd < 0) throw_v4l2_error(path_, -fd, "cannot open it");
  fd_ = fd;
}

void V4l2M2mEncoder::close() noexcept {
  session_.reset();
  if (fd_ >= 0) io_.close(fd_);
  fd_ = -1;
  quality_ = 0;
}

void V4l2M2mEncoder::find_inputs() {
  v4l2_capability capability{};
  if (const int result = io_.ioctl(fd_, VIDIOC_QUERYCAP, &capability); result != 0) {
    throw_v4l2_error(path_, -result, "it does not identify itself");
  }
  name_ = fmt::format("{} at {}", printable_text(capability.card), path_);
  v4l2_queryctrl quality{};
  quality.id = V4L2_CID_JPEG_COMPRESSION_QUALITY;
  const bool is_encoder = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 &&
                          (capability.device_caps & V4L2_CAP_VIDEO_M2M_MPLANE) != 0 &&
                          has_format(io_, fd_, kOutputType, V4L2_PIX_FMT_JPEG) &&
                          io_.ioctl(fd_, VIDIOC_QUERYCTRL, &quality) == 0;
  for (const auto& [pixels, fourcc] : kInputs) {
    if (!is_encoder || !has_format(io_, fd_, kInputType, fourcc)) continue;
    v4l2_frmsizeenum size{};
    size.pixel_format = fourcc;
    const bool is_known = io_.ioctl(fd_, VIDIOC_ENUM_FRAMESIZES, &size) == 0 &&
                          size.type != V4L2_FRMSIZE_TYPE_DISCRETE;
    if (is_known) inputs_.push_back({pixels, fourcc, size.stepwise});
  }
  if (inputs_.empty()) throw_v4l2_error(path_, ENOTTY, "not a JPEG encoder that we can use");
}

const V4l2M2mEncoder::Input* V4l2M2mEncoder::find_input(PixelFormat pixels) const {
  const auto found = std::ranges::find(inputs_, pixels, &Input::pixels);
  return found == inputs_.end() ? nullptr : &*found;
}

bool V4l2M2mEncoder::is_within_limits(const Input& input, int width, int height) const {
  return is_within(width, input.limits.min_width, input.limits.max_width) &&
         is_within(height, input.limits.min_height, input.limits.max_height);
}

bool V4l2M2mEncoder::takes(const RawView& raw, int width, int height) const {
  const Input* input = find_input(raw.format);
  return input != nullptr && !raw.limited_range && width % 2 == 0 && height % 2 == 0 &&
         is_within_limits(*input, width, height);
}

// TurboJPEG's worst case: hardware does not make a picture larger than that.
size_t V4l2M2mEncoder::bytes_needed(const RawView& raw, int width, int height) const {
  const bool is_packed = extents_of(raw.format, 2, 2)[1].rows == 0;
  return JpegEncoder::worst_case(width, height,
                                 is_packed ? PixelFormat::yuv422 : PixelFormat::yuv420);
}

V4l2Layout V4l2M2mEncoder::set_input_format(const Input& input, int width, int height) {
  v4l2_format format{};
  format.type = kInputType;
  format.fmt.pix_mp.width = static_cast<uint32_t>(width);
  format.fmt.pix_mp.height = static_cast<uint32_t>(height);
  format.fmt.pix_mp.pixelformat = input.fourcc;
  format.fmt.pix_mp.field = V4L2_FIELD_NONE;
  format.fmt.pix_mp.colorspace = V4L2_COLORSPACE_JPEG;
  format.fmt.pix_mp.num_planes = 1;
  if (const int result = io_.ioctl(fd_, VIDIOC_S_FMT, &format); result != 0) {
    fail(-result, "it refuses the pictures' format");
  }
  const V4l2Layout layout = read_v4l2_layout(format);
  if (!layout.ok()) fail(EPROTO, layout.problem);
  if (layout.format->fourcc != input.fourcc || layout.width < width || layout.height < height) {
    fail(EPROTO, "it changed the pictures' format");
  }
  // The rounded-up part must not be encoded. A driver that does not support this kept the size.
  v4l2_selection selection{};
  selection.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  selection.target = V4L2_SEL_TGT_CROP;
  selection.r.width = static_cast<uint32_t>(width);
  selection.r.height = static_cast<uint32_t>(height);
  io_.ioctl(fd_, VIDIOC_S_SELECTION, &selection);
  return layout;
}

void V4l2M2mEncoder::set_output_format(int width, int height, size_t jpeg_bytes) {
  v4l2_format format{};
  format.type = kOutputType;
  format.fmt.pix_mp.width = static_cast<uint32_t>(width);
  format.fmt.pix_mp.height = static_cast<uint32_t>(height);
  format.fmt.pix_mp.pixelformat = V4L2_PIX_FMT_JPEG;
  format.fmt.pix_mp.field = V4L2_FIELD_NONE;
  format.fmt.pix_mp.num_planes = 1;
  format.fmt.pix_mp.plane_fmt[0].sizeimage = static_cast<uint32_t>(jpeg_bytes);
  if (const int result = io_.ioctl(fd_, VIDIOC_S_FMT, &format); result != 0) {
    fail(-result, "it refuses to make JPEGs");
  }
  if (format.fmt.pix_mp.pixelformat != V4L2_PIX_FMT_JPEG || format.fmt.pix_mp.num_planes != 1) {
    fail(EPROTO, "it does not make JPEGs");
  }
}

// Uses a new descriptor, because drivers keep some of the previous settings.
void V4l2M2mEncoder::set_up(const Input& input, int width, int height, size_t jpeg_bytes) {
  close();
  open();
  const V4l2Layout layout = set_input_format(input, width, height);
  set_output_format(width, height, jpeg_bytes);
  auto in = std::make_unique<V4l2M2mQueue>(io_, fd_, kInputType);
  auto out = std::make_unique<V4l2M2mQueue>(io_, fd_, kOutputType);
  if (in->memory().size() < layout.memory[0].bytes) {
    fail(EPROTO, "its buffer is smaller than its pictures");
  }
  in->start();
  out->start();
  session_ = std::make_unique<Session>(
      Session{input.pixels, width, height, layout, std::move(in), std::move(out)});
}

void V4l2M2mEncoder::set_quality(int quality) {
  if (quality == quality_) return;
  v4l2_control control{};
  control.id = V4L2_CID_JPEG_COMPRESSION_QUALITY;
  control.value = quality;
  if (const int result = io_.ioctl(fd_, VIDIOC_S_CTRL, &control); result != 0) {
    fail(-result, "it refuses the quality");
  }
  quality_ = quality;
}

void V4l2M2mEncoder::fill_input(const RawView& raw) {
  const std::span<std::byte> memory = session_->input->memory();
  const std::span<const std::byte> readable = memory;
  const std::optional<RawView> place = raw_view(session_->layout, {&readable, 1});
  CHECK(place.has_value());  // set_up() ensured that its memory is large enough
  const auto extents = extents_of(raw.format, session_->width, session_->height);
  for (size_t i = 0; i < extents.size(); i++) {
    if (extents[i].rows == 0) continue;
    std::byte* to =
        memory.data() + (reinterpret_cast<const std::byte*>(place->planes[i]) - memory.data());
    for (size_t row = 0; row < extents[i].rows; row++) {
      const auto y = static_cast<ptrdiff_t>(row);
      std::memcpy(to + y * place->strides[i], raw.planes[i] + y * raw.strides[i], extents[i].bytes);
    }
  }
}

size_t V4l2M2mEncoder::run(const RawView& raw, std::span<std::byte> out) {
  Session& session = *session_;
  fill_input(raw);
  const bool is_queued =
      session.output->queue(0) && session.input->queue(session.layout.memory[0].bytes);
  if (!is_queued) fail(EIO, "it rejected a picture");
  const auto made = session.output->wait(timeout_);
  if (!made || !session.input->wait(timeout_)) {
    fail(ETIME, "it made no JPEG from a picture");
  }
  const WrittenJpeg jpeg = repair_jpeg(*made, out);
  if (!jpeg.ok()) fail(EPROTO, jpeg.problem);
  if (jpeg.width != session.width || jpeg.height != session.height) {
    fail(EPROTO, "its JPEG differs in size from the picture");
  }
  return jpeg.size;
}

size_t V4l2M2mEncoder::encode(const RawView& raw, int width, int height, int quality,
                              std::span<std::byte> out) noexcept {
  CHECK(takes(raw, width, height));
  try {
    const bool is_ready = session_ && session_->pixels == raw.format && session_->width == width &&
                          session_->height == height;
    if (!is_ready) set_up(*find_input(raw.format), width, height, bytes_needed(raw, width, height));
    set_quality(quality);
    return run(raw, out);
  } catch (const std::exception& error) {
    log_warning("encoder {}: {}", name_, error.what());
    close();
    return 0;
  }
}

std::unique_ptr<Encoder> find_v4l2_m2m_encoder(V4l2Io& io, const SystemRoots& roots) {
  for (const std::string& node : video_nodes(roots)) {
    try {
      return std::make_unique<V4l2M2mEncoder>(io, node);
    } catch (const std::system_error&) {
      continue;  // most nodes are something else
    }
  }
  return nullptr;
}

}  // namespace fanlight
