// SPDX-License-Identifier: Apache-2.0
// Options: the command line of fanlight.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "core/time.h"
#include "http/zero_copy.h"
#include "io/backend.h"
#include "io/listener.h"
#include "tools/camera_options.h"

namespace fanlight {

enum class EncoderChoice {
  automatic,  // a device where there is one, else the CPU
  cpu,
  m2m,
};

struct Options {
  std::vector<ListenAddress> listen;
  std::vector<CameraOptions> cameras;
  bool source_was_given = false;  // by --source or --camera
  bool allow_control = false;
  bool list_devices = false;
  unsigned shards = 0;                 // 0: one per CPU
  size_t max_viewers = 0;              // 0: as many as descriptors allow, up to 10,000
  size_t max_viewers_per_address = 0;  // 0: no limit
  std::optional<uint64_t> max_egress;  // bits per second, 0: no limit; empty: what the link says
  double min_fps = 0.5;
  Duration viewer_stall_timeout = 10s;
  Duration camera_stall_timeout = 2s;
  Duration header_timeout = 10s;
  Duration idle_timeout = 75s;
  std::optional<Duration> capture_idle;
  std::string cors_origin;
  BackendKind backend = BackendKind::automatic;
  ZeroCopyMode zero_copy = ZeroCopyMode::automatic;
  size_t frame_memory = size_t{64} << 20;
  size_t ring_slots = 0;   // 0: by the camera's rate
  size_t send_buffer = 0;  // SO_SNDBUF, 0: the kernel's own
  bool pin_cpus = false;
  std::optional<unsigned> encode_threads;  // of each camera; empty: by the CPUs
  EncoderChoice encoder = EncoderChoice::automatic;
  LogLevel log_level = LogLevel::info;
};

// What the command line asks for. Empty when it was --help or --version, which has then been
// printed on standard output. Throws StartError (usage) with one line that names the flag.
std::optional<Options> parse_options(int argc, const char* const* argv);

}  // namespace fanlight
