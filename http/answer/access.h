// SPDX-License-Identifier: Apache-2.0
// Access: how much a client may be told about the server.
//
// Everybody who may watch sees what a viewer needs: the cameras with their states, sizes and rates,
// the figures of the server, and how many watch. Only some also see what the operator has
// configured, where pictures come from, the devices of the machine, and who watches.
#pragma once

#include "http/answer/call.h"

namespace fanlight {

// Whether the client is on this machine. HTTP/1.0 does not suffice: nginx speaks it unless told
// otherwise, with a Host that looks like this machine's and without any field that shows that it
// speaks for others.
bool is_of_this_machine(const Call& call) noexcept;

// Whether the client may see all of this: it logged in as someone who may (Right::state); or, where
// no login was asked for, it connected to --admin-listen, or it is on this machine.
bool may_see_all(const Call& call) noexcept;

}  // namespace fanlight
