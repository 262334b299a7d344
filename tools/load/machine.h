// SPDX-License-Identifier: Apache-2.0
// Machine: what a run needs from the machine and the terminal.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace fanlight {

// Raises RLIMIT_NOFILE so that `sockets` and the program's other descriptors fit, beyond the hard
// limit where the user may. Throws StartError (system_error) that states how many fit.
void require_descriptors(size_t sockets);

// Binds the calling thread, and the threads that it starts, to these CPUs; an empty list: to none.
// Throws StartError (usage) when one of them does not exist.
void confine_to(const std::vector<int>& cpus);

// Shows a line on standard error: on a terminal over the previous one, otherwise below it.
void show_live_line(std::string_view line);
void clear_live_line();

}  // namespace fanlight
