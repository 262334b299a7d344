// SPDX-License-Identifier: Apache-2.0
// fanlight: the server. Options, wiring, signals; everything else is in the floors below.
#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <vector>

#include "capture/camera/device_list.h"
#include "capture/camera/source_table.h"
#include "capture/relay/redact_url.h"
#include "core/descriptor_reserve.h"
#include "core/log.h"
#include "core/process_figures.h"
#include "http/protocol/machine_names.h"
#include "http/shard/server.h"
#include "http/shard/shard.h"
#include "http/shard/tls_places.h"
#include "http/state/server_state.h"
#include "io/choose_backend.h"
#include "tools/commands/passwd.h"
#include "tools/commands/plan.h"
#include "tools/commands/sign.h"
#include "tools/flags/exit_code.h"
#include "tools/options/command_line.h"
#include "tools/options/config_text.h"
#include "tools/options/password_file.h"
#include "tools/options/read_options.h"
#include "tools/options/source_spec.h"
#include "tools/options/version.h"
#include "tools/server/access_log_writer.h"
#include "tools/server/camera_directory.h"
#include "tools/server/confinement.h"
#include "tools/server/device_report.h"
#include "tools/server/farewell.h"
#include "tools/server/inherited.h"
#include "tools/server/main_loop.h"
#include "tools/server/open_listeners.h"
#include "tools/server/pressure_watch.h"
#include "tools/server/reload.h"
#include "tools/server/running_auth.h"
#include "tools/server/running_camera.h"
#include "tools/server/running_table.h"
#include "tools/server/service.h"
#include "tools/server/service_manager.h"
#include "tools/server/shortage.h"
#include "tools/server/tls_files.h"
#include "tools/takeover/background.h"
#include "tools/takeover/successor.h"

namespace fanlight {
namespace {

constexpr size_t kViewersDefault = 10'000;
// Descriptors that are not connections: listeners, rings, eventfds, the camera, standard streams.
constexpr size_t kDescriptorsReserved = 128;

size_t viewers_that_fit(size_t descriptors) {
  if (descriptors == 0) return kViewersDefault;
  const size_t sockets =
      descriptors > 2 * kDescriptorsReserved ? descriptors - kDescriptorsReserved : descriptors / 2;
  return std::max<size_t>(sockets * 8 / 9, 1);  // the rest is for pages and snapshots
}

size_t choose_max_viewers(size_t wanted) {
  const size_t fit = viewers_that_fit(raise_descriptor_limit());
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
    if (is_shortage(error.code())) throw;
    throw StartError(ExitCode::unavailable,
                     fmt::format("--backend uring: {}; try --backend epoll", error.what()));
  }
}

// When no --source was given: a camera that could be shown.
std::optional<std::string> suggest_source(const Options& options) {
  if (options.source_was_given) return std::nullopt;
  try {
    return choose_automatic_source();
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

void say_emulated(const std::optional<std::string>& camera) {
  log_info("no --source was given: this is the emulated camera, pictures 1, 2, 3");
  if (camera) log_info("a camera was found: --source {} shows it", *camera);
}

ServerConfig server_config(const Options& options, const OpenListeners& listeners,
                           BackendKind backend) {
  ServerConfig config;
  config.wire = choose_wire(options, listeners.viewers);
  config.admission.viewers_per_address = options.max_viewers_per_address;
  config.admission.connections_per_address = options.max_connections_per_address;
  config.admission.viewers_max = choose_max_viewers(options.max_viewers);
  config.zero_copy = options.zero_copy;
  config.viewer_stall_timeout = options.viewer_stall_timeout;
  config.header_timeout = options.header_timeout;
  config.idle_timeout = options.idle_timeout;
  config.cors_origins = options.cors_origins;
  config.allowed_hosts = options.allowed_hosts;
  for (const std::string& name : machine_names()) config.allowed_hosts.add(name);
  config.allow_control = options.allow_control;
  config.version = version_number();
  config.backend = backend == BackendKind::uring ? "io_uring" : "epoll";
  config.process_figures = &read_process_figures;
  config.trusted_proxies = options.trusted_proxies;
  config.auth_loopback = options.auth_loopback;
  return config;
}

static_assert(Ladder::kLowerRungsMax < kRungsMax);

std::vector<Camera> shown(const std::vector<std::unique_ptr<RunningCamera>>& running) {
  std::vector<Camera> cameras;
  for (const auto& camera : running) {
    const std::string& source = camera->options.source;
    const bool is_named = camera->loop != nullptr;
    cameras.push_back({is_named ? camera->options.name : "", redact_url(source), camera->ring.get(),
                       &camera->panel, is_url(source) || is_on_disk(source),
                       camera->history.get()});
    for (const auto& ring : camera->rung_rings) cameras.back().lower_rungs.push_back(ring.get());
  }
  return cameras;
}

void say_what_runs(const ServerConfig& config, size_t frames, unsigned shards,
                   std::string_view backend) {
  const size_t viewers_max = config.admission.viewers_max;
  const size_t record = config.access_log == nullptr ? 0 : sizeof(AccessRecord);
  const size_t tls = config.tls == nullptr ? 0 : TlsPlaces::kBytesPerViewer;
  const size_t tls_outputs = config.tls == nullptr ? 0 : TlsPlaces::kBytesPerShard * shards;
  const size_t viewers = viewers_max * (Shard::kBytesPerViewer + record + tls) + tls_outputs;
  const size_t now = read_process_figures().resident_bytes;
  log_info("{}; {} shard{}, room for {} viewers", backend, shards, shards == 1 ? "" : "s",
           viewers_max);
  log_info("memory: {} MB used, at most {} MB when frames use all {} MB and viewers {} MB",
           now >> 20, (now + frames + viewers) >> 20, frames >> 20, viewers >> 20);
}

void say_what_listens(const Options& options, const ServerConfig& config,
                      const OpenListeners& listeners, const BackendChoice& backend,
                      const std::vector<std::unique_ptr<RunningCamera>>& cameras, unsigned shards) {
  say_where(listeners);
  if (config.auth == nullptr) warn_of_open(listeners, options);
  say_what_runs(config, frame_memory_of(cameras, options), shards, backend.reason);
  say_egress(config.wire, options, listeners);
}

void say_farewell(const ServerState& state, Duration served) {
  log_info("{}", farewell_text(sum_up(state, served)));
}

// Only if a source loaded libcamera; it is not loaded just for a list.
std::vector<LibcameraCamera> known_to_libcamera(const Options& options) {
  const bool is_loaded =
      std::any_of(options.cameras.begin(), options.cameras.end(), [](const auto& camera) {
        return camera.source == "auto" || camera.source.starts_with("libcamera");
      });
  try {
    return is_loaded ? list_libcamera_cameras() : std::vector<LibcameraCamera>();
  } catch (const std::system_error&) {
    return {};  // --list-devices shows the reason
  }
}

// A server that is ready does not end because there is no memory for what it has to say.
template <class Say>
void say_if_possible(const Say& say) noexcept {
  try {
    say();
  } catch (const std::bad_alloc&) {
    log_warning("there was no memory for a line of this log");
  }
}

std::unique_ptr<Successor> meet_predecessor(const Options& options) {
  if (!options.take_over) return nullptr;
  auto successor = std::make_unique<Successor>(options.takeover_socket);
  successor->begin();
  return successor;
}

std::vector<TakenListener> meet_listeners(Successor* successor) {
  return successor == nullptr ? std::vector<TakenListener>() : successor->take_listeners();
}

ServiceManager meet_manager(Successor* successor) {
  if (successor == nullptr) return {};
  return {successor->take_manager(), successor->keep_alive_period()};
}

// False when one of their threads does not return. All but `devices` may be nullptr.
bool stop_others(RunningTable* table, DeviceReport& devices, AccessLogWriter* access_log,
                 CameraDirectory* directory) noexcept {
  const bool table_stopped = table == nullptr || table->stop();
  const bool devices_stopped = devices.stop();
  const bool log_stopped = access_log == nullptr || access_log->stop();
  const bool directory_stopped = directory == nullptr || directory->stop();
  return table_stopped && devices_stopped && log_stopped && directory_stopped;
}

// In this order: everything that can fail for lack of a descriptor, thread or memory precedes the
// first accept, and takes nothing that is left for clients. Clients that connect in the meantime
// wait in the backlog. What needs root's rights precedes --user, and everything that reads what
// others have made, or starts a thread, is done in the sandbox.
void serve(const CommandLine& flags, const Options& options, Background* starter) {
  raise_descriptor_limit();
  const unsigned shards = choose_shards(options.shards);
  check_descriptors(needs_of(options, shards));
  MainLoop main_loop;  // first: later threads inherit the signals it blocks
  std::unique_ptr<Successor> successor = meet_predecessor(options);
  ServiceManager manager = meet_manager(successor.get());
  std::signal(SIGPIPE, SIG_IGN);
  DescriptorReserve for_clients(kClientsMin);
  show_log_times();

  const BackendChoice backend = choose_backend_or_exit(options.backend);
  const ServerThreads threads{
      .shards = shards, .backend = backend.kind, .pin_cpus = options.pin_cpus};
  std::vector<TakenListener> taken = meet_listeners(successor.get());
  OpenListeners listeners = open_listeners(options, threads.shards, taken);
  MessageListener takeover_socket = open_takeover_socket(options, taken);
  const std::unique_ptr<TlsCertificate> tls = open_tls(options);  // only root may read the key
  give_up_root(flags, options);
  PressureWatch pressure(options.max_cpu);   // its files are not the sandbox's
  Sandbox sandbox = enter_sandbox(options);  // there is no thread yet, and nothing foreign was read

  const auto running = open_cameras(options, backend.kind, successor == nullptr);
  const std::unique_ptr<RunningTable> table = open_table(options);
  // Before there are clients: libcamera ends the process when it finds no descriptor left.
  std::vector<LibcameraCamera> libcamera = known_to_libcamera(options);
  const auto camera = suggest_source(options);
  ServerConfig config = server_config(options, listeners, backend.kind);
  config.table = table == nullptr ? nullptr : table->desk();
  const std::unique_ptr<AccessLogWriter> access_log = open_access_log(options.access_log);
  config.access_log = access_log == nullptr ? nullptr : access_log->log();
  config.tls = tls.get();
  const std::unique_ptr<RunningAuth> auth = open_auth(options);
  config.auth = auth == nullptr ? nullptr : auth->auth();
  ServerState state(config, shown(running), threads.shards, read_wall_clock());
  Reload reload(flags, options, state, running, sandbox);
  const std::unique_ptr<CameraDirectory> directory = open_directory(options, running, state);
  Server server(state, listeners.viewers, threads, listeners.admin);
  start_cameras(running);
  if (directory) directory->start(main_loop, [&] { reload.tune_cameras(); });
  DeviceReport devices(state.devices_json, std::move(libcamera));
  const std::function<void()> read_again = [&] {
    if (access_log != nullptr) access_log->reopen();
    if (tls != nullptr) reload_tls(*tls, options);
    if (auth != nullptr) auth->reload();
    reload.carry_out();
  };
  for_clients.release();
  sandbox.complete();

  const Instant began = read_monotonic_clock();
  say_if_possible([&] {
    say_what_listens(options, config, listeners, backend, running, threads.shards);
    say_sandbox(sandbox);
    if (!options.source_was_given) say_emulated(camera);
    for (const std::string& note : flags.notes) log_info("{}", note);
    for (const std::string& note : options.notes) log_warning("{}", note);
  });
  Service service({main_loop, manager, state, server, running, listeners, pressure, read_again});
  successor == nullptr ? service.begin() : service.take_over(std::move(successor), *starter);
  if (takeover_socket) service.admit_successor(std::move(takeover_socket));
  service.stay();

  server.stop();
  say_if_possible([&] { say_farewell(state, read_monotonic_clock() - began); });
  const bool others = stop_others(table.get(), devices, access_log.get(), directory.get());
  if (stop_cameras(running) && others) return;
  // Objects that its thread may still use cannot be destroyed.
  std::_Exit(static_cast<int>(ExitCode::ok));
}

// Commands that run instead of serving.
void carry_out_command(const Options& options) {
  if (options.check_config && options.config_file.empty()) {
    throw StartError(ExitCode::usage, "--check-config: no file to check; --config names one");
  }
  if (options.check_config) fmt::print("{}: ok\n", options.config_file);
  if (options.print_config) fmt::print("{}", config_toml(options));
  if (options.list_devices) fmt::print("{}", list_devices());
}

// `fanlight passwd ...`, `fanlight plan ...` and `fanlight sign ...`; false if it is none of them.
bool carry_out_subcommand(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
  if (name == "passwd") run_passwd(arguments, STDIN_FILENO);
  if (name == "plan") run_plan(arguments);
  const auto now = std::chrono::floor<std::chrono::seconds>(read_wall_clock());
  if (name == "sign") run_sign(arguments, now.time_since_epoch().count());
  return name == "passwd" || name == "plan" || name == "sign";
}

// How long a successor may take; a little longer than its predecessor waits for it.
constexpr Duration kTakeoverMax = 40s;

// Has the running server reload. True if it must be replaced instead, since its program was.
bool must_replace(const Options& options) {
  Successor visitor(options.takeover_socket);
  if (!visitor.is_same_program()) return true;
  visitor.have_it_reload();
  return false;
}

void run(int argc, char** argv, std::optional<Background>& starter) {
  if (carry_out_subcommand(argc, argv)) return;
  const auto flags = read_command_line(argc, argv);
  if (!flags) return;
  Options options = read_options(*flags);
  set_log_level(options.log_level);
  if (options.check_config || options.print_config || options.list_devices) {
    return carry_out_command(options);
  }
  if (!options.source_was_given && started_by_systemd()) {
    throw StartError(ExitCode::config, "a service shows no emulated camera: --source is missing");
  }
  if ((options.take_over || options.reload) && options.takeover_socket.empty()) {
    throw StartError(ExitCode::usage, "--take-over and --reload need --takeover-socket");
  }
  if (options.reload) {
    if (!must_replace(options)) return;
    options.take_over = true;
  }
  read_passwords(options.cameras);
  if (options.take_over) starter = Background::start(kTakeoverMax);
  serve(*flags, options, starter ? &*starter : nullptr);
}

ExitCode run_and_report(int argc, char** argv, std::optional<Background>& starter) {
  try {
    run(argc, argv, starter);
    return ExitCode::ok;
  } catch (const StartError& error) {
    log_error("fanlight: {}", error.what());
    return error.code();
  } catch (const std::system_error& error) {
    log_error("fanlight: cannot start: {}{}", error.what(), remedy(error.code()));
    return ExitCode::system_error;
  } catch (const std::bad_alloc&) {
    const auto error = std::make_error_code(std::errc::not_enough_memory);
    log_error("fanlight: cannot start: {}{}", error.message(), remedy(error));
    return ExitCode::system_error;
  } catch (const std::exception& error) {
    log_error("fanlight: {}", error.what());
    return ExitCode::system_error;
  }
}

}  // namespace
}  // namespace fanlight

int main(int argc, char** argv) {
  std::optional<fanlight::Background> starter;
  const fanlight::ExitCode code = fanlight::run_and_report(argc, argv, starter);
  if (starter) starter->report(code);
  return static_cast<int>(code);
}
