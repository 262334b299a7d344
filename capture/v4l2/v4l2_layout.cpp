// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_layout.h"

#include <algorithm>

#include "capture/picture/raw_convert.h"
#include "capture/v4l2/v4l2_choice.h"
#include "core/check.h"

namespace fanlight {
namespace {

// How a plane is subsampled, and the size of one step to the right.
struct PlaneShape {
  int columns_per_step;   // pixels
  int rows_per_step;      // pixels
  size_t bytes_per_step;  // 0: no such plane
};
using PictureShape = std::array<PlaneShape, 3>;

// By plane: Y, then chroma.
PictureShape shape_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::yuv420:
      return {{{1, 1, 1}, {2, 2, 1}, {2, 2, 1}}};
    case PixelFormat::yuv422:
      return {{{1, 1, 1}, {2, 1, 1}, {2, 1, 1}}};
    case PixelFormat::yuv444:
      return {{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}};
    case PixelFormat::grey:
      return {{{1, 1, 1}, {1, 1, 0}, {1, 1, 0}}};
    case PixelFormat::nv12:
    case PixelFormat::nv21:
      return {{{1, 1, 1}, {2, 2, 2}, {1, 1, 0}}};
    case PixelFormat::nv16:
      return {{{1, 1, 1}, {2, 1, 2}, {1, 1, 0}}};
    case PixelFormat::yuyv:
    case PixelFormat::uyvy:
    case PixelFormat::yvyu:
    case PixelFormat::vyuy:
      return {{{2, 1, 4}, {1, 1, 0}, {1, 1, 0}}};
    case PixelFormat::rgb:
    case PixelFormat::bgr:
      return {{{1, 1, 3}, {1, 1, 0}, {1, 1, 0}}};
    case PixelFormat::rgbx:
    case PixelFormat::bgrx:
    case PixelFormat::xrgb:
    case PixelFormat::xbgr:
      return {{{1, 1, 4}, {1, 1, 0}, {1, 1, 0}}};
  }
  CHECK(false);
}

size_t divided_up(size_t value, int divisor) {
  const auto by = static_cast<size_t>(divisor);
  return (value + by - 1) / by;
}

size_t row_bytes(const PlaneShape& shape, int width) {
  return divided_up(static_cast<size_t>(width), shape.columns_per_step) * shape.bytes_per_step;
}

// The stride of a plane that follows the Y plane in the same memory. For the chroma of a planar
// format "bytesperline" is documented as Y's, and theirs is the same fraction of it as their width;
// the pairs of NV12 and the like have Y's.
size_t stride_behind_y(const PlaneShape& shape, size_t y_stride) {
  return y_stride * shape.bytes_per_step / static_cast<size_t>(shape.columns_per_step);
}

// Values that the driver leaves open follow from the colour space ("Colorspaces", kernel
// documentation).
bool is_limited(PixelFormat pixels, uint32_t quantization, uint32_t colorspace) {
  if (is_packed_rgb(pixels)) return quantization == V4L2_QUANTIZATION_LIM_RANGE;
  if (quantization != V4L2_QUANTIZATION_DEFAULT) {
    return quantization == V4L2_QUANTIZATION_LIM_RANGE;
  }
  return V4L2_MAP_QUANTIZATION_DEFAULT(false, static_cast<v4l2_colorspace>(colorspace), 0) ==
         V4L2_QUANTIZATION_LIM_RANGE;
}

struct Granted {
  uint32_t width, height, fourcc, quantization, colorspace;
  size_t memory_planes;
  std::array<V4l2Layout::Plane, 3> memory{};
};

Granted read_single(const v4l2_pix_format& pix) {
  // Drivers that do not know the newer fields leave something else in `priv`.
  const bool has_quantization = pix.priv == V4L2_PIX_FMT_PRIV_MAGIC;
  Granted granted{
      pix.width,       pix.height,
      pix.pixelformat, has_quantization ? pix.quantization : uint32_t{V4L2_QUANTIZATION_DEFAULT},
      pix.colorspace,  1};
  granted.memory[0] = {pix.sizeimage, pix.bytesperline, 0};
  return granted;
}

Granted read_multiplanar(const v4l2_pix_format_mplane& pix) {
  Granted granted{pix.width,        pix.height,     pix.pixelformat,
                  pix.quantization, pix.colorspace, pix.num_planes};
  for (size_t i = 0; i < std::min<size_t>(pix.num_planes, granted.memory.size()); ++i) {
    granted.memory[i] = {pix.plane_fmt[i].sizeimage, pix.plane_fmt[i].bytesperline, 0};
  }
  return granted;
}

// Removes an odd pixel where chroma has half the size.
void cut_to_whole_colour(V4l2Layout& layout, const PictureShape& shapes) {
  for (const PlaneShape& shape : shapes) {
    layout.width -= layout.width % shape.columns_per_step;
    layout.height -= layout.height % shape.rows_per_step;
  }
}

// Fills in strides and rows for a picture of the granted size; returns the problem with them, or
// nothing.
std::string_view lay_out(V4l2Layout& layout, const PictureShape& shapes, int width, int height) {
  const auto rows = static_cast<size_t>(height);
  const auto planes = static_cast<size_t>(layout.format->memory_planes);
  for (size_t i = 0; i < planes; ++i) {
    V4l2Layout::Plane& memory = layout.memory[i];
    if (memory.stride == 0) memory.stride = row_bytes(shapes[i], width);
    memory.rows = divided_up(rows, shapes[i].rows_per_step);
    if (memory.stride < row_bytes(shapes[i], layout.width)) return "rows that are too short";
    if (memory.stride > memory.bytes / memory.rows) return "less memory than its rows need";
  }
  // Every plane without memory of its own follows Y.
  size_t needed = layout.memory[0].stride * layout.memory[0].rows;
  for (size_t i = planes; i < shapes.size(); ++i) {
    if (shapes[i].bytes_per_step == 0) continue;
    const size_t stride = stride_behind_y(shapes[i], layout.memory[0].stride);
    if (stride < row_bytes(shapes[i], layout.width)) return "rows that are too short";
    needed += stride * divided_up(rows, shapes[i].rows_per_step);
  }
  return needed > layout.memory[0].bytes ? "less memory than its rows need" : std::string_view{};
}

}  // namespace

V4l2Layout read_v4l2_layout(const v4l2_format& granted_format) noexcept {
  const Granted granted = V4L2_TYPE_IS_MULTIPLANAR(granted_format.type)
                              ? read_multiplanar(granted_format.fmt.pix_mp)
                              : read_single(granted_format.fmt.pix);
  V4l2Layout layout;
  layout.format = find_v4l2_format(granted.fourcc);
  const auto refuse = [&](std::string_view problem) {
    layout.problem = problem;
    return layout;
  };
  if (layout.format == nullptr) return refuse("a different format");
  if (std::min(granted.width, granted.height) < kPictureSideMin ||
      std::max(granted.width, granted.height) > kPictureSideMax) {
    return refuse("an absurd size");
  }
  layout.width = static_cast<int>(granted.width);
  layout.height = static_cast<int>(granted.height);
  layout.memory = granted.memory;
  if (granted.memory_planes != static_cast<size_t>(layout.format->memory_planes)) {
    return refuse("a wrong number of planes");
  }
  for (size_t i = 0; i < granted.memory_planes; ++i) {
    const V4l2Layout::Plane& memory = layout.memory[i];
    if (memory.bytes == 0) return refuse("no memory for a picture");
    if (memory.bytes > kImageBytesMax) return refuse("an absurd amount of memory for a picture");
    if (memory.stride > kImageBytesMax) return refuse("absurdly long rows");
  }
  if (layout.format->is_jpeg()) return layout;

  const PictureShape shapes = shape_of(layout.format->pixels);
  cut_to_whole_colour(layout, shapes);
  layout.limited_range =
      is_limited(layout.format->pixels, granted.quantization, granted.colorspace);
  return refuse(
      lay_out(layout, shapes, static_cast<int>(granted.width), static_cast<int>(granted.height)));
}

std::optional<RawView> raw_view(const V4l2Layout& layout,
                                std::span<const std::span<const std::byte>> memory) noexcept {
  CHECK(layout.ok() && !layout.format->is_jpeg());
  const auto planes = static_cast<size_t>(layout.format->memory_planes);
  CHECK(memory.size() >= planes);
  const PictureShape shapes = shape_of(layout.format->pixels);
  RawView view{.format = layout.format->pixels, .limited_range = layout.limited_range};
  size_t behind = 0;  // where the next plane without memory of its own begins
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (shapes[i].bytes_per_step == 0) continue;
    const bool has_memory = i < planes;
    const V4l2Layout::Plane& plane = layout.memory[has_memory ? i : 0];
    const size_t stride = has_memory ? plane.stride : stride_behind_y(shapes[i], plane.stride);
    const size_t begin = has_memory ? 0 : behind;
    const size_t rows = divided_up(static_cast<size_t>(layout.height), shapes[i].rows_per_step);
    // The last row may end where the picture does.
    const size_t end = begin + stride * (rows - 1) + row_bytes(shapes[i], layout.width);
    const std::span<const std::byte> bytes = memory[has_memory ? i : 0];
    if (bytes.size() < end) return std::nullopt;
    view.planes[i] = reinterpret_cast<const uint8_t*>(bytes.data()) + begin;
    view.strides[i] = static_cast<int>(stride);
    const size_t rows_in_memory =
        i == 0 ? plane.rows : divided_up(layout.memory[0].rows, shapes[i].rows_per_step);
    behind = begin + stride * rows_in_memory;
  }
  if (layout.format->v_before_u) {
    std::swap(view.planes[1], view.planes[2]);
    std::swap(view.strides[1], view.strides[2]);
  }
  return view;
}

}  // namespace fanlight
