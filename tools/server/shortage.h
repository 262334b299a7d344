// SPDX-License-Identifier: Apache-2.0
// Shortage: what to do when the operating system has no descriptor, thread or memory to give.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace fanlight {

// Whether descriptors or memory have run out, so that it is not the fault of what was being opened.
bool is_shortage(std::error_code error) noexcept;

// "; try ulimit -n 1024": what helps against an error at start, to go behind its text; else empty.
std::string_view remedy(std::error_code error) noexcept;

// Raises the soft limit of descriptors to the hard one, and returns it; 0 when it is not known.
size_t raise_descriptor_limit() noexcept;

// How many descriptors a start keeps open, and needs at once for a moment. Without the clients'.
struct StartNeeds {
  size_t shards = 1;
  size_t listeners = 1;  // addresses
  size_t cameras = 1;

  size_t descriptors() const noexcept;
};

// Descriptors that a start leaves for clients at least: with fewer it would not be of any use.
inline constexpr size_t kClientsMin = 16;

// Throws StartError (system_error), whose line has the number, when there are too few descriptors
// for the start and kClientsMin clients. To be asked first: what runs out of descriptors later may
// only do less than it could, and say nothing (no memfd, no inotify, no link's speed).
void check_descriptors(const StartNeeds& needs);

}  // namespace fanlight
