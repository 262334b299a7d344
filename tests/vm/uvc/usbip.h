// SPDX-License-Identifier: Apache-2.0
// USB/IP: the messages between a kernel and a USB device that is emulated by a program.
//
// Source: Documentation/usb/usbip_protocol.rst of the kernel. All numbers have the highest byte
// first; a request and an answer begin with 48 bytes.
#pragma once

#include <linux/usb/ch9.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/fd.h"

namespace fanlight {

constexpr size_t kUsbipHeaderBytes = 48;
using UsbipHeader = std::array<uint8_t, kUsbipHeaderBytes>;

struct UsbipRequest {
  bool is_unlink = false;  // cancel the request with the number `unlinked`
  uint32_t number = 0;
  uint32_t unlinked = 0;
  uint8_t endpoint = 0;
  bool is_in = false;   // towards the host
  uint32_t length = 0;  // bytes that the host has room for, or that follow
  usb_ctrlrequest setup{};
};

UsbipRequest parse_usbip_request(const UsbipHeader& header);

// The answer to a request. `status`: 0 or -errno. `length`: of the data transferred in either
// direction; `data` is appended to the answer.
std::vector<uint8_t> usbip_answer(uint32_t number, int status, size_t length,
                                  std::span<const uint8_t> data = {});

// The answer to a request that cancels another: -ECONNRESET if that one was found, 0 if it had
// already been answered.
std::vector<uint8_t> usbip_unlink_answer(uint32_t number, int status);

// Plugs a device into the kernel's virtual controller; the program is the device at the other end
// of the returned socket. Returns nothing if no port is free at this moment, as just after an
// unplugging. Throws std::system_error if there is no such controller (modprobe vhci_hcd).
Fd plug_into_virtual_controller();

}  // namespace fanlight
