// SPDX-License-Identifier: Apache-2.0
// Link: the network interface that viewers reach the server through, and its speed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanlight {

struct Link {
  std::string name;  // eth0
  uint64_t bits_per_second;
};

// Where the kernel describes its interfaces.
struct LinkFiles {
  std::string interfaces = "/sys/class/net";  // NAME/speed in Mbit/s (sysfs-class-net(5))
  std::string routes = "/proc/self/net/route";  // /proc/net may be hidden (ProcSubset=)
};

// An address of this machine, numeric, without brackets or a scope.
struct MachineAddress {
  std::string interface;
  std::string text;
  bool is_v6 = false;
};

// The addresses by which other machines may reach this one, as the kernel has them now: those of
// running interfaces, except loopback and link-local ones.
std::vector<MachineAddress> machine_addresses();

// Those to show to a user who listens on a wildcard, IPv6 only with `with_v6`, the best first: the
// addresses of the default route's interface, IPv4 before IPv6. Bridges of containers and virtual
// machines are left out.
std::vector<std::string> best_addresses(const std::vector<MachineAddress>& all, bool with_v6,
                                        const LinkFiles& files = {});

// The link of a listener on the numeric address `host`, IPv6 without brackets; for a wildcard, the
// link of the IPv4 default route. Nothing when no interface has the address, when it is the
// loopback, or when the interface does not report a speed: Wi-Fi, most virtual ones, an unplugged
// cable.
std::optional<Link> find_link(const std::string& host, const LinkFiles& files = {});

}  // namespace fanlight
