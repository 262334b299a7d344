// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/uvc/usbip.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace fanlight {
namespace {

constexpr uint32_t kUnlink = 2, kSubmitAnswer = 3, kUnlinkAnswer = 4;
constexpr const char* kController = "/sys/devices/platform/vhci_hcd.0/";

uint32_t number_at(const UsbipHeader& header, size_t offset) {
  uint32_t number = 0;
  std::memcpy(&number, header.data() + offset, sizeof number);
  return ntohl(number);
}

void put_number(UsbipHeader& header, size_t offset, uint32_t number) {
  const uint32_t ordered = htonl(number);
  std::memcpy(header.data() + offset, &ordered, sizeof ordered);
}

// A line of the controller's table is "hs  0000 004 000 00000000 000000 0-0": speed, port, status,
// and more.
std::optional<int> free_high_speed_port() {
  std::ifstream table(std::string(kController) + "status");
  if (!table) throw std::system_error(errno, std::generic_category(), kController);
  const int not_used = 4;  // VDEV_ST_NULL of the kernel
  std::string speed, rest;
  int port = 0, status = 0;
  std::getline(table, rest);  // the heading
  while (table >> speed >> port >> status && std::getline(table, rest)) {
    if (speed == "hs" && status == not_used) return port;
  }
  return std::nullopt;
}

}  // namespace

UsbipRequest parse_usbip_request(const UsbipHeader& header) {
  UsbipRequest request;
  request.is_unlink = number_at(header, 0) == kUnlink;
  request.number = number_at(header, 4);
  request.is_in = number_at(header, 12) == 1;
  request.endpoint = static_cast<uint8_t>(number_at(header, 16));
  if (request.is_unlink) {
    request.unlinked = number_at(header, 20);
  } else {
    request.length = number_at(header, 24);
    std::memcpy(&request.setup, header.data() + 40, sizeof request.setup);
  }
  return request;
}

std::vector<uint8_t> usbip_answer(uint32_t number, int status, size_t length,
                                  std::span<const uint8_t> data) {
  UsbipHeader header{};
  put_number(header, 0, kSubmitAnswer);
  put_number(header, 4, number);
  put_number(header, 20, static_cast<uint32_t>(status));
  put_number(header, 24, static_cast<uint32_t>(length));
  std::vector<uint8_t> answer(header.size() + data.size());
  std::ranges::copy(header, answer.begin());
  std::ranges::copy(data, answer.begin() + header.size());
  return answer;
}

std::vector<uint8_t> usbip_unlink_answer(uint32_t number, int status) {
  UsbipHeader header{};
  put_number(header, 0, kUnlinkAnswer);
  put_number(header, 4, number);
  put_number(header, 20, static_cast<uint32_t>(status));
  return {header.begin(), header.end()};
}

Fd plug_into_virtual_controller() {
  const std::optional<int> port = free_high_speed_port();
  if (!port) return {};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  Fd device(ends[0]);
  const Fd kernels(ends[1]);  // the kernel takes its own reference
  const int bus = 1, address = 2;
  // The port, the socket, the address that it would have on another machine, and its speed.
  const std::string line = fmt::format("{} {} {} {}", *port, kernels.get(), bus << 16 | address,
                                       static_cast<int>(USB_SPEED_HIGH));
  std::ofstream attach(std::string(kController) + "attach");
  if (!(attach << line << std::flush)) return {};
  return device;
}

}  // namespace fanlight
