// SPDX-License-Identifier: Apache-2.0
// fanlight: the server. Options, wiring, signals; everything else is in the floors below.
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include "capture/device_list.h"
#include "capture/redact_url.h"
#include "core/log.h"
#include "http/server.h"
#include "http/server_state.h"
#include "http/shard.h"
#include "io/backend.h"
#include "io/link.h"
#include "io/listener.h"
#include "tools/exit_code.h"
#include "tools/inherited.h"
#include "tools/options.h"
#include "tools/running_camera.h"
#include "tools/version.h"

namespace fanlight {
namespace {

constexpr size_t kViewersDefault = 10'000;
// Descriptors that are not connections: listeners, rings, eventfds, the camera, standard streams.
constexpr size_t kDescriptorsReserved = 128;

bool is_permission(const std::system_error& error) {
  return error.code() == std::errc::permission_denied ||
         error.code() == std::errc::operation_not_permitted;
}

// Raises the soft limit of descriptors to the hard one, and returns how many viewers fit.
size_t viewers_that_fit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kViewersDefault;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const size_t sockets = limit.rlim_cur > 2 * kDescriptorsReserved
                             ? limit.rlim_cur - kDescriptorsReserved
                             : limit.rlim_cur / 2;
  return std::max<size_t>(sockets * 8 / 9, 1);  // the rest is for pages and snapshots
}

size_t choose_max_viewers(size_t wanted) {
  const size_t fit = viewers_that_fit();
  if (wanted == 0) return std::min(kViewersDefault, fit);
  if (wanted > fit) {
    log_warning("--max-viewers {}: the limit of descriptors (ulimit -Hn) leaves room for {}",
                wanted, fit);
  }
  return std::min(wanted, fit);
}

unsigned choose_shards(unsigned wanted) {
  if (wanted != 0) return wanted;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return static_cast<unsigned>(std::clamp(CPU_COUNT(&allowed), 1, 64));
}

BackendChoice choose_backend_or_exit(BackendKind wanted) {
  try {
    return choose_backend(wanted);
  } catch (const std::system_error& error) {
    throw StartError(ExitCode::unavailable,
                     fmt::format("--backend uring: {}; try --backend epoll", error.what()));
  }
}

std::string address_text(const ListenAddress& address) {
  if (address.family == ListenAddress::Family::unix_path) return "unix:" + address.host;
  return fmt::format("{}:{}", address.host, address.port);
}

std::vector<Listener> open_listeners(const Options& options, unsigned shards) {
  SocketTuning tuning;
  tuning.send_buffer = static_cast<int>(options.send_buffer);
  std::vector<Listener> listeners;
  try {
    for (Fd& socket : inherited_sockets()) listeners.emplace_back(std::move(socket), tuning);
  } catch (const std::system_error& error) {
    throw StartError(ExitCode::system_error, fmt::format("inherited socket: {}", error.what()));
  }
  if (!listeners.empty()) return listeners;
  for (const ListenAddress& address : options.listen) {
    try {
      listeners.emplace_back(address, shards, tuning);
    } catch (const std::system_error& error) {
      const bool in_use = error.code() == std::errc::address_in_use;
      const char* hint = in_use                 ? "; is another server running? try another port"
                         : is_permission(error) ? "; try a port above 1023"
                                                : "";
      throw StartError(is_permission(error) ? ExitCode::not_permitted : ExitCode::system_error,
                       fmt::format("--listen {}: {}{}", address_text(address), error.what(), hint));
    }
  }
  return listeners;
}

// What the listeners share, as the operator or the kernel says. Of several links the slowest
// counts, so that none carries more than it can.
WireConfig choose_wire(const Options& options, const std::vector<Listener>& listeners) {
  WireConfig wire;
  wire.min_fps = options.min_fps;
  if (options.max_egress) {
    wire.bits_per_second = *options.max_egress;
    wire.local_too = true;
    wire.origin = "--max-egress";
    return wire;
  }
  for (const Listener& listener : listeners) {
    if (listener.is_local()) continue;
    std::string host = listener.host();
    std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
    const std::optional<Link> link = find_link(host);
    if (!link) continue;
    if (wire.bits_per_second != 0 && wire.bits_per_second <= link->bits_per_second) continue;
    wire.bits_per_second = link->bits_per_second;
    wire.origin = link->name;
  }
  return wire;
}

void say_egress(const WireConfig& wire, const Options& options, bool local) {
  if (wire.bits_per_second != 0) {
    log_info("egress: {:.6g} of {:.6g} Mbit/s ({}) are used, no viewer gets less than {:.3g} fps",
             double(wire.bits_per_second) / 1e6 * Wire::kShare, double(wire.bits_per_second) / 1e6,
             wire.origin, wire.min_fps);
  } else if (!options.max_egress && !local) {
    log_info("egress: not limited, since the speed of the link is not known; --max-egress says it");
  }
}

bool is_local(const std::vector<Listener>& listeners) {
  return std::all_of(listeners.begin(), listeners.end(),
                     [](const Listener& listener) { return listener.is_local(); });
}

void say_where(const std::vector<Listener>& listeners) {
  for (const Listener& listener : listeners) log_info("listening on {}", listener.url());
  if (!is_local(listeners)) return;
  log_info("only this machine can see it; --listen 0.0.0.0:5000 opens it to the network");
}

void say_emulated() {
  log_info("no --source was given: this is the emulated camera, pictures 1, 2, 3");
  const std::optional<std::string> camera = choose_automatic_source();
  if (camera) log_info("a camera is there: --source {} shows it", *camera);
}

// The first signal ends the server in order, a second one at once.
void wait_for_the_end(const sigset_t& signals) {
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void serve(const Options& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Blocked before any thread starts, so that only wait_for_the_end() gets them.
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const BackendChoice backend = choose_backend_or_exit(options.backend);
  const auto running = open_cameras(options, backend.kind);
  ServerThreads threads;
  threads.shards = choose_shards(options.shards);
  threads.backend = backend.kind;
  threads.pin_cpus = options.pin_cpus;
  std::vector<Listener> listeners = open_listeners(options, threads.shards);

  ServerConfig config;
  config.wire = choose_wire(options, listeners);
  config.admission.viewers_per_address = options.max_viewers_per_address;
  config.admission.viewers_max = choose_max_viewers(options.max_viewers);
  config.zero_copy = options.zero_copy;
  config.viewer_stall_timeout = options.viewer_stall_timeout;
  config.header_timeout = options.header_timeout;
  config.idle_timeout = options.idle_timeout;
  config.cors_origin = options.cors_origin;
  config.allow_control = options.allow_control;
  config.version = version_number();
  config.backend = backend.kind == BackendKind::uring ? "io_uring" : "epoll";
  std::vector<Camera> cameras;
  for (const auto& camera : running) {
    cameras.push_back({camera->options.name, redact_url(camera->options.source),
                       camera->options.quality, camera->ring.get(), &camera->panel});
  }
  ServerState state(config, std::move(cameras), threads.shards, read_wall_clock());
  Server server(state, listeners, threads);
  for (const auto& camera : running) camera->loop->start();

  say_where(listeners);
  const size_t frames = options.frame_memory * running.size();
  const size_t viewers = config.admission.viewers_max * Shard::kBytesPerViewer;
  log_info("{}; {} shards, room for {} viewers in {} MB, {} MB of them for frames", backend.reason,
           threads.shards, config.admission.viewers_max, (frames + viewers) >> 20, frames >> 20);
  say_egress(config.wire, options, is_local(listeners));
  if (!options.source_was_given) {
    say_emulated();
  }
  wait_for_the_end(signals);
  server.stop();
  if (stop_cameras(running)) return;
  // Nothing that its thread may still use can be destroyed.
  std::_Exit(static_cast<int>(ExitCode::ok));
}

}  // namespace
}  // namespace fanlight

int main(int argc, char** argv) {
  using namespace fanlight;
  try {
    const auto options = parse_options(argc, argv);
    if (!options) return 0;
    set_log_level(options->log_level);
    if (options->list_devices) {
      fmt::print("{}", list_devices());
      return 0;
    }
    if (!options->source_was_given && started_by_systemd()) {
      throw StartError(ExitCode::config, "a service shows no emulated camera: --source is missing");
    }
    serve(*options);
    return 0;
  } catch (const StartError& error) {
    log_error("fanlight: {}", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    log_error("fanlight: {}", error.what());
    return static_cast<int>(ExitCode::system_error);
  }
}
