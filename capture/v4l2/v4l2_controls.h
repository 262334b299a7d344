// SPDX-License-Identifier: Apache-2.0
// Reads and sets the image controls of a V4L2 device.
//
// Source: the kernel's documentation of VIDIOC_QUERYCTRL, VIDIOC_G_CTRL and VIDIOC_G_EXT_CTRLS.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source/control.h"
#include "capture/v4l2/v4l2_io.h"

namespace fanlight {

// A driver's name for a control, as `v4l2-ctl` writes it: "White Balance, Automatic" is
// white_balance_automatic. Empty when it contains no letter or digit.
std::string v4l2_control_name(std::string_view driver_name);

// The controls of an open device with their present values, in the driver's order: integers,
// booleans and menus. Buttons, texts, bit masks and compound controls cannot be expressed as one
// number, and are left out; so are those that the driver has disabled, that contradict themselves,
// or whose value or menu cannot be read. Empty for a device without controls or one that is gone.
std::vector<Control> read_v4l2_controls(V4l2Io& io, int fd);

// `value` is a result of resolve_control() for it. Throws std::system_error when the driver
// refuses: EBUSY while another user holds it, EACCES when it is read-only, EIO when the camera
// rejected it, ENODEV when it is gone.
void set_v4l2_control(V4l2Io& io, int fd, const Control& control, int64_t value);

}  // namespace fanlight
