// SPDX-License-Identifier: Apache-2.0
// Machine: what a run takes from the machine and from the terminal.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace fanlight {

// Raises RLIMIT_NOFILE so that `sockets` and what else a program has open fit, beyond the hard
// limit where the user may. Throws StartError (system_error) that says how many fit.
void require_descriptors(size_t sockets);

// Binds the calling thread, and those that it starts, to these CPUs; an empty list: to none. Throws
// StartError (usage) when one of them is not there.
void confine_to(const std::vector<int>& cpus);

// Shows a line on standard error: over the one before on a terminal, below it otherwise.
void show_live_line(std::string_view line);
void clear_live_line();

}  // namespace fanlight
