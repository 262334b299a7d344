// SPDX-License-Identifier: Apache-2.0
// Link: the network interface that viewers come through, and what it carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace fanlight {

struct Link {
  std::string name;  // eth0
  uint64_t bits_per_second;
};

// Where the kernel tells of its interfaces.
struct LinkFiles {
  std::string interfaces = "/sys/class/net";  // NAME/speed in Mbit/s (sysfs-class-net(5))
  std::string routes = "/proc/net/route";
};

// The link of a listener on the numeric address `host`, IPv6 without brackets; on a wildcard that
// of the default route of IPv4. Nothing when no interface has the address, when it is the loopback,
// or when the interface does not know its speed: Wi-Fi, most virtual ones, a cable that is out.
std::optional<Link> find_link(const std::string& host, const LinkFiles& files = {});

}  // namespace fanlight
