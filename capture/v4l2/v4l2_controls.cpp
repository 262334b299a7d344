// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_controls.h"

#include <fmt/core.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "capture/v4l2/v4l2_device.h"

namespace fanlight {
namespace {

// Limits for the driver's lists: no camera has as many controls, and the kernel's own mask of menu
// items has 64 bits.
constexpr int kControlsMax = 512;
constexpr int64_t kMenuItemsMax = 64;

// For a fixed kernel field, which is char in one structure and uint8_t in another.
template <class Field>
std::string text_of(const Field& field) {
  return printable_text({reinterpret_cast<const uint8_t*>(field), sizeof(field)});
}

// The old form of the query in the shape of the new one.
int query_short(V4l2Io& io, int fd, v4l2_query_ext_ctrl& query) {
  v4l2_queryctrl brief{};
  brief.id = query.id;
  const int result = io.ioctl(fd, VIDIOC_QUERYCTRL, &brief);
  if (result != 0) return result;
  query.id = brief.id;
  query.type = brief.type;
  std::memcpy(query.name, brief.name, sizeof(brief.name));
  query.minimum = brief.minimum;
  query.maximum = brief.maximum;
  query.step = static_cast<uint64_t>(std::max(brief.step, 0));
  query.default_value = brief.default_value;
  query.flags = brief.flags;
  return 0;
}

// Even uvcvideo did not support the new form for its first ten years.
int query_control(V4l2Io& io, int fd, v4l2_query_ext_ctrl& query) {
  const uint32_t id = query.id;
  const int result = io.ioctl(fd, VIDIOC_QUERY_EXT_CTRL, &query);
  if (result != -ENOTTY) return result;
  query = {};
  query.id = id;
  return query_short(io, fd, query);
}

// Compound types begin at 0x0100; the other simple ones are not a single number.
std::optional<ControlType> type_of(uint32_t type) {
  switch (type) {
    case V4L2_CTRL_TYPE_INTEGER:
    case V4L2_CTRL_TYPE_INTEGER64:
      return ControlType::integer;
    case V4L2_CTRL_TYPE_BOOLEAN:
      return ControlType::boolean;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
      return ControlType::menu;
    default:
      return std::nullopt;
  }
}

// A 64-bit value does not fit into v4l2_control. The others use the short form, because libv4l2 has
// controls of its own only there.
bool is_wide(const v4l2_query_ext_ctrl& query) {
  return query.type == V4L2_CTRL_TYPE_INTEGER64;
}

int transfer_wide(V4l2Io& io, int fd, unsigned long request, uint32_t id, int64_t& value) {
  v4l2_ext_control control{};
  control.id = id;
  control.value64 = value;
  v4l2_ext_controls controls{};
  controls.which = V4L2_CTRL_WHICH_CUR_VAL;
  controls.count = 1;
  controls.controls = &control;
  const int result = io.ioctl(fd, request, &controls);
  value = control.value64;
  return result;
}

std::optional<int64_t> read_value(V4l2Io& io, int fd, const v4l2_query_ext_ctrl& query) {
  if ((query.flags & V4L2_CTRL_FLAG_WRITE_ONLY) != 0) return query.default_value;
  if (is_wide(query)) {
    int64_t value = 0;
    if (transfer_wide(io, fd, VIDIOC_G_EXT_CTRLS, query.id, value) != 0) return std::nullopt;
    return value;
  }
  v4l2_control control{};
  control.id = query.id;
  if (io.ioctl(fd, VIDIOC_G_CTRL, &control) != 0) return std::nullopt;
  return control.value;
}

// The driver refuses items that cannot be chosen, often in the middle of a menu.
std::vector<std::string> read_menu(V4l2Io& io, int fd, const v4l2_query_ext_ctrl& query) {
  std::vector<std::string> items;
  for (int64_t index = query.minimum; index <= query.maximum; index++) {
    v4l2_querymenu item{};
    item.id = query.id;
    item.index = static_cast<uint32_t>(index);
    if (io.ioctl(fd, VIDIOC_QUERYMENU, &item) != 0) continue;
    items.resize(static_cast<size_t>(index) + 1);
    const bool is_number = query.type == V4L2_CTRL_TYPE_INTEGER_MENU;
    items.back() = is_number ? fmt::format("{}", int64_t{item.value}) : text_of(item.name);
  }
  return items;
}

// Nothing for one that is left out; see v4l2_controls.h.
std::optional<Control> take_control(V4l2Io& io, int fd, const v4l2_query_ext_ctrl& query) {
  const std::optional<ControlType> type = type_of(query.type);
  const bool is_array = query.nr_of_dims != 0;
  const bool is_disabled = (query.flags & V4L2_CTRL_FLAG_DISABLED) != 0;
  if (!type || is_array || is_disabled || query.minimum > query.maximum) return std::nullopt;
  Control control;
  control.name = v4l2_control_name(text_of(query.name));
  if (control.name.empty()) return std::nullopt;
  control.id = query.id;
  control.type = *type;
  control.minimum = query.minimum;
  control.maximum = query.maximum;
  const bool has_step = query.step >= 1 && std::in_range<int64_t>(query.step);
  control.step = has_step ? static_cast<int64_t>(query.step) : 1;
  control.default_value = query.default_value;
  control.is_active = (query.flags & V4L2_CTRL_FLAG_INACTIVE) == 0;
  // A control grabbed by another program cannot be set until it is released.
  constexpr uint32_t kFixed = V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_GRABBED;
  control.is_read_only = (query.flags & kFixed) != 0;
  if (*type == ControlType::menu) {
    if (query.minimum < 0 || query.maximum >= kMenuItemsMax) return std::nullopt;
    control.menu = read_menu(io, fd, query);
    if (control.menu.empty()) return std::nullopt;
  }
  const std::optional<int64_t> value = read_value(io, fd, query);
  if (!value) return std::nullopt;
  control.value = *value;
  return control;
}

}  // namespace

std::string v4l2_control_name(std::string_view driver_name) {
  std::string name;
  bool gap = false;
  for (const char c : driver_name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (!is_upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
      gap = true;
      continue;
    }
    if (gap && !name.empty()) name += '_';
    gap = false;
    name += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

std::vector<Control> read_v4l2_controls(V4l2Io& io, int fd) {
  constexpr uint32_t kNext = V4L2_CTRL_FLAG_NEXT_CTRL;
  std::vector<Control> controls;
  uint32_t last = 0;
  for (int i = 0; i < kControlsMax; i++) {
    v4l2_query_ext_ctrl query{};
    query.id = last | kNext;
    if (query_control(io, fd, query) != 0) break;
    // A driver that does not advance would never come to an end.
    if (query.id <= last || (query.id & kNext) != 0) break;
    last = query.id;
    if (std::optional<Control> control = take_control(io, fd, query)) {
      controls.push_back(std::move(*control));
    }
  }
  return controls;
}

void set_v4l2_control(V4l2Io& io, int fd, const Control& control, int64_t value) {
  // The form depends on its type; controls are set rarely enough to query it again.
  v4l2_query_ext_ctrl query{};
  query.id = control.id;
  int result = query_control(io, fd, query);
  if (result == 0 && is_wide(query)) {
    result = transfer_wide(io, fd, VIDIOC_S_EXT_CTRLS, control.id, value);
  } else if (result == 0) {
    v4l2_control narrow{};
    narrow.id = control.id;
    narrow.value = static_cast<int32_t>(value);
    result = io.ioctl(fd, VIDIOC_S_CTRL, &narrow);
  }
  if (result != 0) {
    throw std::system_error(-result, std::generic_category(),
                            fmt::format("setting {} to {}", control.name, value));
  }
}

}  // namespace fanlight
