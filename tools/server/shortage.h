// SPDX-License-Identifier: Apache-2.0
// Shortage: handling of an operating system without a free descriptor, thread or memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "tools/options/options.h"

namespace fanlight {

// Whether descriptors or memory have run out, so that the thing being opened is not at fault.
bool is_shortage(std::error_code error) noexcept;

// "; try ulimit -n 1024": a remedy for an error at start, to append to its text; else empty.
std::string_view remedy(std::error_code error) noexcept;

// Raises the soft limit of descriptors to the hard one, and returns it; 0 when it is not known.
size_t raise_descriptor_limit() noexcept;

// How many descriptors a start keeps open, plus those it needs briefly. Without the clients'.
struct StartNeeds {
  size_t shards = 1;
  size_t listeners = 1;  // addresses
  size_t cameras = 1;
  size_t ladders = 0;  // of cameras
  size_t rungs = 0;    // of all ladders, at most, without rung 0
  size_t publishers = 0;

  size_t descriptors() const noexcept;
};

// What these options need.
StartNeeds needs_of(const Options& options, unsigned shards);

// The fewest descriptors that a start must leave for clients to be of any use.
inline constexpr size_t kClientsMin = 16;

// Throws StartError (system_error), whose line has the number, when there are too few descriptors
// for the start and kClientsMin clients. Call it first: code that runs out of descriptors later may
// only lose a feature silently (no memfd, no inotify, no link speed).
void check_descriptors(const StartNeeds& needs);

}  // namespace fanlight
