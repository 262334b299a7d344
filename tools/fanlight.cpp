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

#include "capture/capture_loop.h"
#include "capture/rendition.h"
#include "capture/source_table.h"
#include "core/frame_ring.h"
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
#include "tools/version.h"

namespace fanlight {
namespace {

constexpr size_t kViewersDefault = 10'000;
// Descriptors that are not connections: listeners, rings, eventfds, the camera, standard streams.
constexpr size_t kDescriptorsReserved = 128;

// One camera with everything that it needs to run.
struct RunningCamera {
  SystemCameraClock clock;
  std::unique_ptr<FrameRing> ring;
  std::unique_ptr<CaptureLoop> loop;
  CameraOptions options;
};

bool is_permission(const std::system_error& error) {
  return error.code() == std::errc::permission_denied ||
         error.code() == std::errc::operation_not_permitted;
}

// The ring holds eight times as many frames, so two seconds of them: the sends of an overloaded
// processor take a good part of one, and a ring that is shorter would have to close viewers.
size_t window_for(const SourceFormat& format) {
  const auto per_second = static_cast<size_t>(std::max<int64_t>(1s / format.interval, 1));
  return std::clamp<size_t>(std::bit_ceil(per_second / 4), 8, 32);
}

std::unique_ptr<RunningCamera> open_camera(const CameraOptions& chosen, const Options& options,
                                           BackendKind backend) {
  auto camera = std::make_unique<RunningCamera>();
  camera->options = chosen;
  SourceOptions wanted;
  wanted.width = chosen.width;
  wanted.height = chosen.height;
  wanted.fps = chosen.fps;
  wanted.quality = chosen.quality;
  std::unique_ptr<Source> source;
  try {
    source = open_source(chosen.source, wanted, camera->clock);
  } catch (const std::invalid_argument& error) {
    throw StartError(ExitCode::usage, error.what());
  } catch (const std::system_error& error) {
    // EX_NOINPUT of sysexits.h is also for what exists and cannot be read.
    throw StartError(ExitCode::no_input,
                     fmt::format("cannot open {}; --help lists the sources", error.what()));
  }
  FrameRingConfig ring;
  ring.window = options.ring_slots != 0 ? options.ring_slots : window_for(source->format());
  ring.jpeg_capacity = jpeg_capacity_for(source->format());
  ring.memory_limit = options.frame_memory;
  // epoll's zero copy is sendfile(2): what it queued must never be written again.
  // Measured: sendfile costs what send does at 20 KB and a tenth more at 100 KB, so `auto` copies.
  ring.detach_pages = backend == BackendKind::epoll && options.zero_copy == ZeroCopyMode::on;
  camera->ring = std::make_unique<FrameRing>(ring);

  CaptureConfig config;
  config.name = chosen.name;
  config.options = wanted;
  config.stall_timeout = options.camera_stall_timeout;
  config.idle = options.capture_idle;
  config.open = [spec = chosen.source, &clock = camera->clock](const SourceOptions& again) {
    return open_source(spec, again, clock);
  };
  camera->loop = std::make_unique<CaptureLoop>(std::move(config), std::move(source), *camera->ring,
                                               camera->clock);
  return camera;
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
  std::vector<std::unique_ptr<RunningCamera>> running;
  for (const CameraOptions& camera : options.cameras) {
    running.push_back(open_camera(camera, options, backend.kind));
  }
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
  config.version = version_number();
  config.backend = backend.kind == BackendKind::uring ? "io_uring" : "epoll";
  std::vector<Camera> cameras;
  for (const auto& camera : running) {
    cameras.push_back({camera->options.name, camera->options.source, camera->options.quality,
                       camera->ring.get()});
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
    log_info("no --source was given: this is the emulated camera, pictures 1, 2, 3");
  }
  wait_for_the_end(signals);
  server.stop();
  for (const auto& camera : running) camera->loop->stop();
}

}  // namespace
}  // namespace fanlight

int main(int argc, char** argv) {
  using namespace fanlight;
  try {
    const auto options = parse_options(argc, argv);
    if (!options) return 0;
    set_log_level(options->log_level);
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
