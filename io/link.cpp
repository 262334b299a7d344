// SPDX-License-Identifier: Apache-2.0
#include "io/link.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string_view>

namespace fanlight {
namespace {

constexpr uint64_t kMegabit = 1'000'000;

std::string text_of(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

// The interface with this address; empty when there is none, or for the loopback.
std::string interface_with(const std::string& host) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
  for (const ifaddrs* entry = all; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if (text_of(*entry->ifa_addr) == host) return entry->ifa_name;
  }
  return {};
}

// The interface of the default route with the least metric. The columns are Iface, Destination,
// Gateway, Flags, RefCnt, Use, Metric, Mask, addresses and flags in hexadecimal (proc(5)).
std::string interface_of_default_route(const std::string& routes) {
  std::ifstream file(routes);
  std::string line;
  std::getline(file, line);  // the column names
  std::string best;
  uint64_t best_metric = std::numeric_limits<uint64_t>::max();
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    std::string name, destination, gateway, mask;
    unsigned flags = 0;
    uint64_t references = 0, use = 0, metric = 0;
    columns >> name >> destination >> gateway >> std::hex >> flags >> std::dec >> references >> use;
    columns >> metric >> mask;
    if (!columns || destination != "00000000" || mask != "00000000") continue;
    if ((flags & RTF_UP) == 0 || metric >= best_metric) continue;
    best = name;
    best_metric = metric;
  }
  return best;
}

bool is_link_local(const sockaddr& address) {
  if (address.sa_family != AF_INET6) return false;
  return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

// The names that Docker, libvirt, LXC and Kubernetes give to the bridges to their guests.
bool is_bridge_to_guests(std::string_view interface) {
  constexpr std::string_view kNames[] = {"docker", "br-", "virbr", "veth",
                                         "lxc",    "lxd", "cni",   "podman"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view name) { return interface.starts_with(name); });
}

}  // namespace

std::vector<MachineAddress> machine_addresses() {
  std::vector<MachineAddress> found;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return found;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
  constexpr unsigned kRuns = IFF_UP | IFF_RUNNING;
  for (const ifaddrs* entry = all; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if ((entry->ifa_flags & kRuns) != kRuns || is_link_local(*entry->ifa_addr)) continue;
    const std::string text = text_of(*entry->ifa_addr);
    if (text.empty()) continue;
    found.push_back({entry->ifa_name, text, entry->ifa_addr->sa_family == AF_INET6});
  }
  return found;
}

std::vector<std::string> best_addresses(const std::vector<MachineAddress>& all, bool with_v6,
                                        const LinkFiles& files) {
  const std::string first = interface_of_default_route(files.routes);
  std::vector<const MachineAddress*> sorted;
  for (const MachineAddress& each : all) {
    if (each.is_v6 && !with_v6) continue;
    if (each.interface == first || !is_bridge_to_guests(each.interface)) sorted.push_back(&each);
  }
  const auto rank = [&](const MachineAddress& each) {
    return (each.interface == first ? 0 : 2) + (each.is_v6 ? 1 : 0);
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
  std::vector<std::string> texts;
  for (const MachineAddress* each : sorted) texts.push_back(each->text);
  return texts;
}

std::optional<Link> find_link(const std::string& host, const LinkFiles& files) {
  const bool wildcard = host == "0.0.0.0" || host == "::";
  const std::string name =
      wildcard ? interface_of_default_route(files.routes) : interface_with(host);
  if (name.empty()) return std::nullopt;
  std::ifstream speed(files.interfaces + "/" + name + "/speed");
  int64_t megabits = 0;
  // When the speed is not known, the file cannot be read or holds -1.
  if (!(speed >> megabits) || megabits <= 0) return std::nullopt;
  return Link{name, static_cast<uint64_t>(megabits) * kMegabit};
}

}  // namespace fanlight
