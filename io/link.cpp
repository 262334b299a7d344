// SPDX-License-Identifier: Apache-2.0
#include "io/link.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <limits>
#include <memory>
#include <sstream>

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

// The interface that has this address; empty when none has it, or the loopback.
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
  std::getline(file, line);  // the names of the columns
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

}  // namespace

std::optional<Link> find_link(const std::string& host, const LinkFiles& files) {
  const bool wildcard = host == "0.0.0.0" || host == "::";
  const std::string name =
      wildcard ? interface_of_default_route(files.routes) : interface_with(host);
  if (name.empty()) return std::nullopt;
  std::ifstream speed(files.interfaces + "/" + name + "/speed");
  int64_t megabits = 0;
  // The file cannot be read, or holds -1, when the speed is not known.
  if (!(speed >> megabits) || megabits <= 0) return std::nullopt;
  return Link{name, static_cast<uint64_t>(megabits) * kMegabit};
}

}  // namespace fanlight
