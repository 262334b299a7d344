// SPDX-License-Identifier: Apache-2.0
// Open listeners: every socket that the server listens on, inherited or our own, and the speed of
// the network that they are on.
#pragma once

#include <vector>

#include "http/state/wire.h"
#include "io/listener.h"
#include "io/message_socket.h"
#include "tools/options/options.h"
#include "tools/takeover/successor.h"

namespace fanlight {

struct OpenListeners {
  std::vector<Listener> viewers;
  std::vector<Listener> admin;  // their clients may see the addresses of viewers

  bool inherited = false;        // the viewers' sockets, from a service manager
  bool admin_inherited = false;  // those for administration

  bool is_local() const;  // only this machine can reach any

  // As Listener::possess().
  void possess();
};

// Sockets of systemd's socket activation replace --listen; those of a unit with
// FileDescriptorName=admin replace --admin-listen. `taken`: of an earlier process, which are used
// for the same addresses; what is not used stays there. Throws StartError: not_permitted or
// system_error, with the flag and what to try.
OpenListeners open_listeners(const Options& options, unsigned shards,
                             std::vector<TakenListener>& taken);

// Where a successor can take over; none without --takeover-socket. Throws StartError likewise.
MessageListener open_takeover_socket(const Options& options, std::vector<TakenListener>& taken);

// The bandwidth that the listeners share, as configured or as the kernel reports it. Of several
// links the slowest counts, so that none is overloaded.
WireConfig choose_wire(const Options& options, const std::vector<Listener>& listeners);

// Without --auth-file: one warning that names what others may do, if others can connect.
void warn_of_open(const OpenListeners& listeners, const Options& options);

// One line for each, and further hints.
void say_where(const OpenListeners& listeners);
void say_egress(const WireConfig& wire, const Options& options, const OpenListeners& listeners);

}  // namespace fanlight
