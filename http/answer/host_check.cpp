// SPDX-License-Identifier: Apache-2.0
#include "http/answer/host_check.h"

#include <array>

#include "http/protocol/authority.h"
#include "http/protocol/forwarded_hosts.h"
#include "http/protocol/text.h"

namespace fanlight {
namespace {

bool is_probe(Resource resource) {
  return resource == Resource::healthz || resource == Resource::readyz;
}

// The peer's address is looked up only if there is something to believe.
bool reports_hosts(const Call& call) {
  const Request& request = call.request;
  return !(request.forwarded_host.empty() && request.forwarded.empty()) && call.by_trusted_proxy();
}

}  // namespace

std::optional<std::string_view> foreign_host(const Call& call) noexcept {
  const AllowedHosts& ours = call.services.state.config.allowed_hosts;
  if (is_probe(call.route.resource)) return {};
  if (!ours.has(call.request.host)) return call.request.host;
  if (!reports_hosts(call)) return {};
  ForwardedHosts hosts(call.request);
  std::string_view host;
  while (hosts.next(host)) {
    if (!is_authority(host) || !ours.has(host)) return host;
  }
  return {};
}

Reply reply_misdirected(const Call& call, std::string_view host) noexcept {
  constexpr size_t kShownMax = 80;
  call.services.events.foreign_host(call.now, call.client(), host);
  const std::string_view name = host_of(host);
  if (!is_host_name(name) || name.size() > kShownMax) {
    return reply_error(call, 421, "not a name of this server; --allowed-host NAME adds one");
  }
  std::array<char, 2 * kShownMax + 80> room;
  TextWriter text(room);
  text.add("{0} is not a name of this server; --allowed-host {0} adds it", name);
  return reply_error(call, 421, text.view());
}

std::string_view requested_host(const Call& call) noexcept {
  std::string_view host = call.request.host;
  const bool all_pass = call.services.state.config.allowed_hosts.has_all();
  if (!all_pass && reports_hosts(call)) ForwardedHosts(call.request).next(host);
  return host;
}

}  // namespace fanlight
