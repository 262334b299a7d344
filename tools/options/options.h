// SPDX-License-Identifier: Apache-2.0
// Options: how fanlight runs, from its flags, the environment and its configuration file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "core/time.h"
#include "http/protocol/allowed_hosts.h"
#include "http/state/zero_copy.h"
#include "io/address_range.h"
#include "io/choose_backend.h"
#include "io/listener.h"
#include "sandbox/sandbox_mode.h"
#include "tools/flags/exit_code.h"
#include "tools/options/camera_options.h"

namespace fanlight {

struct Option;

// Whom root becomes; all empty: no one else.
struct UserChoice {
  std::string user;
  std::string group;  // empty: the user's own
};

enum class EncoderChoice {
  automatic,  // a device where there is one, else the CPU
  cpu,
  m2m,
};

// An option with its values in force, as texts.
struct OptionTexts {
  const Option* option;
  std::vector<std::string> texts;
};

// The defaults are in the option table.
struct Options {
  std::vector<ListenAddress> listen;
  std::vector<ListenAddress> admin_listen;  // clients here may see all
  std::string tls_cert;                     // PEM files; both are empty: no TLS
  std::string tls_key;
  bool kernel_tls = true;                     // where the kernel has it
  std::optional<unsigned> unix_mode;          // permissions of UNIX sockets; empty: by the umask
  std::vector<AddressRange> trusted_proxies;  // whose X-Forwarded-For is trusted
  AllowedHosts allowed_hosts;                 // names of the server, besides its own
  std::string auth_file;                      // users and their rights; empty: everybody may watch
  std::string link_key;                       // keys of signed links; empty: there are none
  bool auth_loopback = false;                 // clients of this machine are asked, too
  std::string access_log;                     // a file, or "-" for standard output; empty: none
  std::string takeover_socket;                // where a successor may take over; empty: nowhere
  std::string stock_db;                       // the database of /stock-table; empty: none given
  UserChoice user;
  SandboxMode sandbox = SandboxMode::automatic;
  std::vector<CameraOptions> cameras;  // at least one
  bool source_was_given = false;       // false: the emulator, because no source was given
  bool exit_on_no_source = false;      // at start, instead of waiting for it
  bool allow_control = false;
  unsigned shards = 0;                 // 0: one per CPU
  size_t max_viewers = 0;              // 0: as many as descriptors allow, up to 10,000
  size_t max_viewers_per_address = 0;  // 0: no limit
  // Empty: half of max_viewers, at least kShareMin; 0: no limit.
  std::optional<size_t> max_connections_per_address;
  std::optional<uint64_t> max_egress;  // bits per second, 0: no limit; empty: the link's speed
  double min_fps = 0;
  std::optional<double> max_cpu;  // share above which something is given up; empty: no limit
  Duration viewer_stall_timeout{};
  Duration camera_stall_timeout{};
  Duration refresh{};               // of segments, for viewers of updates
  std::optional<Duration> history;  // of each camera; empty: none
  size_t history_memory = 0;        // for that, bytes
  Duration source_timeout{};        // of another server's first picture, or a snapshot
  Duration header_timeout{};
  Duration idle_timeout{};
  std::optional<Duration> capture_idle;
  std::vector<std::string> cors_origins;
  BackendKind backend = BackendKind::automatic;
  ZeroCopyMode zero_copy = ZeroCopyMode::automatic;
  size_t frame_memory = 0;
  size_t ring_slots = 0;   // 0: by the camera's rate
  size_t send_buffer = 0;  // SO_SNDBUF, 0: the kernel's own
  bool pin_cpus = false;
  std::optional<unsigned> encode_threads;  // of each camera; empty: by the CPUs
  EncoderChoice encoder = EncoderChoice::automatic;
  LogLevel log_level = LogLevel::info;

  std::vector<std::string> notes;  // to be logged, about settings without effect

  std::string config_file;  // empty: none
  bool check_config = false;
  bool print_config = false;
  bool list_devices = false;
  bool take_over = false;  // from the server at takeover_socket
  bool reload = false;     // have it reload, or take over if its program was replaced

  // The exit code for an invalid camera: usage, or config.
  ExitCode blame_for_cameras = ExitCode::usage;
  std::vector<OptionTexts> in_force;  // except cameras and commands; in the table's order
};

}  // namespace fanlight
