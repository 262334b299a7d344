// SPDX-License-Identifier: Apache-2.0
// Host check: whether a request is for this server, and for which host
// (http/protocol/allowed_hosts.h).
//
// Host must name this server, or the host of an absolute-form target in its place. If the peer is a
// trusted proxy, each host that it reports in X-Forwarded-Host or Forwarded must name it as well:
// as well, not instead, because many proxies pass on what their client wrote there. From anybody
// else these fields mean nothing. It is the same for all listeners: a page can lead a browser to a
// proxy in front of a UNIX socket, too.
#pragma once

#include <optional>
#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The host that is not this server's; nothing if all are. /healthz and /readyz are answered under
// any name: load balancers and container platforms probe them under names of their own, and what
// they say is of no use to a stranger's page.
std::optional<std::string_view> foreign_host(const Call& call) noexcept;

// 421 (RFC 9110 section 15.5.20), which names the host and the flag that allows it.
Reply reply_misdirected(const Call& call, std::string_view host) noexcept;

// The host that the client asked for, to be compared with Origin: what a trusted proxy reports,
// else Host. All of these have passed the check; where it passes everything (`--allowed-host *`),
// only Host counts, because a page's script may have written the other fields.
std::string_view requested_host(const Call& call) noexcept;

}  // namespace fanlight
