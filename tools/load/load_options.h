// SPDX-License-Identifier: Apache-2.0
// LoadOptions: the command line of fanlight-load.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace fanlight {

// How a viewer behaves; see load_viewer.h.
enum class ViewerKind : uint8_t { fast, slow, stalled, resetting, vanishing };

// `20` viewers, or `10%` of them.
struct Amount {
  double value = 0;
  bool is_percent = false;
  size_t of(size_t viewers) const;  // rounded to the nearest
};
// Throws std::invalid_argument.
Amount parse_amount(std::string_view text);

// `1`, `0-3,5`, `0-6:2`, as taskset(1) writes them; in the given order. Throws
// std::invalid_argument.
std::vector<int> parse_cpu_list(std::string_view text);

struct LoadOptions {
  std::string url;
  size_t viewers = 100;
  Duration duration = 10s;
  Duration settle = 2s;
  Duration ramp{};
  unsigned threads = 1;
  std::vector<int> cpus;  // empty: wherever the kernel puts them
  Amount slow;
  Amount stalled;
  Amount resetting;
  Amount vanishing;
  size_t slow_rate = 50 << 10;     // bytes per second
  size_t slow_receive_buffer = 0;  // SO_RCVBUF; 0: the kernel's own
  size_t receive_buffer = 0;
  uint32_t check_every = 64;
  bool segments = false;  // viewers connect by WebSocket, and get updates
  pid_t pid = 0;          // 0: none
  std::vector<std::string> headers;
  uint64_t seed = 1;
  std::string json;  // a path, `-`, or empty
  bool quiet = false;
  bool tolerate = false;
};

// Nothing after --help or --version. Throws StartError (usage).
std::optional<LoadOptions> parse_load_options(int argc, const char* const* argv);

// The kind of each viewer, in the order of connecting: the seed determines the mix.
std::vector<ViewerKind> assign_kinds(const LoadOptions& options);

}  // namespace fanlight
