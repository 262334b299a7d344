// SPDX-License-Identifier: Apache-2.0
// Link: the network interface that viewers come through, and what it carries.
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

// Where the kernel tells of its interfaces.
struct LinkFiles {
  std::string interfaces = "/sys/class/net";  // NAME/speed in Mbit/s (sysfs-class-net(5))
  std::string routes = "/proc/net/route";
};

// An address of this machine, numeric, without brackets and without a scope.
struct MachineAddress {
  std::string interface;
  std::string text;
  bool is_v6 = false;
};

// The addresses by which other machines may reach this one, as the kernel has them now: of
// interfaces that run, without the loopback and what is valid on one link only.
std::vector<MachineAddress> machine_addresses();

// Of these the ones to be told to people who listen on a wildcard, of IPv6 only with `with_v6`, the
// best first: those of the interface of the default route, IPv4 before IPv6. What containers and
// virtual machines have as their bridge is left out.
std::vector<std::string> best_addresses(const std::vector<MachineAddress>& all, bool with_v6,
                                        const LinkFiles& files = {});

// The link of a listener on the numeric address `host`, IPv6 without brackets; on a wildcard that
// of the default route of IPv4. Nothing when no interface has the address, when it is the loopback,
// or when the interface does not know its speed: Wi-Fi, most virtual ones, a cable that is out.
std::optional<Link> find_link(const std::string& host, const LinkFiles& files = {});

}  // namespace fanlight
