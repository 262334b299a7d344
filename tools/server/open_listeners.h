// SPDX-License-Identifier: Apache-2.0
// Open listeners: every socket that the server listens on, inherited or our own, and the speed of
// the network behind them.
#pragma once

#include <vector>

#include "http/state/wire.h"
#include "io/listener.h"
#include "tools/options/options.h"

namespace fanlight {

struct OpenListeners {
  std::vector<Listener> viewers;
  std::vector<Listener> admin;  // their clients may see the addresses of viewers

  bool inherited = false;  // the viewers' sockets, from a service manager

  bool is_local() const;  // only this machine can reach any
};

// Sockets of systemd's socket activation come in place of --listen; those of a unit with
// FileDescriptorName=admin in place of --admin-listen. Throws StartError: not_permitted or
// system_error, with the flag and what to try.
OpenListeners open_listeners(const Options& options, unsigned shards);

// What the listeners share, as the operator or the kernel says. Of several links the slowest
// counts, so that none carries more than it can.
WireConfig choose_wire(const Options& options, const std::vector<Listener>& listeners);

// One line for each, and what else there is to know.
void say_where(const OpenListeners& listeners);
void say_egress(const WireConfig& wire, const Options& options, const OpenListeners& listeners);

}  // namespace fanlight
