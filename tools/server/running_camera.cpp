// SPDX-License-Identifier: Apache-2.0
#include "tools/server/running_camera.h"

#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "capture/camera/control_desk.h"
#include "capture/camera/device_list.h"
#include "capture/camera/rendition.h"
#include "capture/camera/source_table.h"
#include "capture/nats/nats_address.h"
#include "capture/nats/nats_plugin.h"
#include "capture/relay/fetch_url.h"
#include "capture/relay/redact_url.h"
#include "capture/source/plugin.h"
#include "capture/v4l2/v4l2_m2m_encoder.h"
#include "core/log.h"
#include "tools/flags/exit_code.h"
#include "tools/options/source_spec.h"
#include "tools/server/camera_ring.h"
#include "tools/server/shortage.h"

namespace fanlight {
namespace {

// How long the start waits for other servers' answers if it can continue without them: viewers are
// accepted in the meantime, and the camera's own thread tries again.
constexpr Duration kStartPatience = 2s;
// Longer than any wait between two looks at the clock; shorter than the whole shutdown may take.
constexpr Duration kStopPatience = 1s;

bool is_permission(const std::system_error& error) {
  return error.code() == std::errc::permission_denied ||
         error.code() == std::errc::operation_not_permitted;
}

// With the password, which nothing else needs to know.
std::string opened_source(const CameraOptions& camera) {
  return camera.password.empty() ? camera.source : with_password(camera.source, camera.password);
}

SourceOptions source_options(const CameraOptions& camera, const Options& options) {
  SourceOptions wanted;
  wanted.width = camera.width;
  wanted.height = camera.height;
  wanted.fps = camera.fps;
  wanted.timeout = options.source_timeout;
  wanted.patience = options.source_timeout;
  wanted.upstream = camera.upstream;
  return wanted;
}

CaptureConfig capture_config(RunningCamera& camera, const Options& options) {
  CaptureConfig config;
  config.name = camera.options.name;
  config.options = source_options(camera.options, options);
  config.quality = camera.options.quality;
  config.controls = camera.options.controls;
  config.stall_timeout = options.camera_stall_timeout;
  config.idle = options.capture_idle;
  config.encode_unwatched = false;
  // A picture that appears on the disk is shown within a second.
  if (is_on_disk(camera.options.source)) config.retry_max = 1s;
  config.panel = &camera.panel;
  config.devices = camera.devices ? &*camera.devices : nullptr;
  config.open = [spec = opened_source(camera.options), &clock = camera.clock](
                    const SourceOptions& again) { return open_source(spec, again, clock); };
  return config;
}

// A camera's own thread captures its pictures; encoding them may use the other CPUs.
size_t encoder_threads(const Options& options) {
  if (options.encode_threads) return *options.encode_threads;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  return static_cast<size_t>(std::clamp(CPU_COUNT(&allowed) - 1, 0, 4));
}

// Found anew for each camera: a device encodes for one camera at a time.
std::unique_ptr<Encoder> hardware_encoder(const Options& options) {
  if (options.encoder == EncoderChoice::cpu) return nullptr;
  std::unique_ptr<Encoder> encoder = find_v4l2_m2m_encoder();
  if (!encoder && options.encoder == EncoderChoice::m2m) {
    throw StartError(ExitCode::unavailable,
                     "--encoder m2m: no V4L2 device encodes JPEG here; try --encoder cpu");
  }
  return encoder;
}

RenditionConfig rendition_config(const RunningCamera& camera, const Options& options) {
  const bool has_jpegs = is_nats_url(camera.options.source);  // nothing is encoded
  return {.orientation = camera.options.orientation,
          .encoder_threads = has_jpegs ? 0 : encoder_threads(options),
          .hardware_encoder = has_jpegs ? nullptr : hardware_encoder(options),
          .refresh = options.refresh,
          .history = camera.history.get()};
}

// It watches its camera, and gets updates, like a viewer who never leaves.
std::unique_ptr<FrameHistory> make_history(FrameRing& ring, const Options& options) {
  if (!options.history) return nullptr;
  ring.watch();
  ring.watch_updates();
  return std::make_unique<FrameHistory>(FrameHistoryConfig{.length = *options.history,
                                                           .memory_max = options.history_memory,
                                                           .jpeg_max = ring.jpeg_capacity(),
                                                           .segments_max = ring.segments_max()});
}

void watch_devices(RunningCamera& camera) {
  try {
    camera.devices.emplace();
  } catch (const std::system_error& error) {
    log_warning("{}: {}; if it is lost, it is only retried by time", camera.options.name,
                error.what());
  }
}

void warn_of_insecure(const CameraOptions& camera) {
  if (!camera.upstream.insecure) return;
  log_warning(
      "{}: insecure = true: the certificate of {} is not checked, so anyone on the path can "
      "replace the pictures and read the password",
      camera.name, shown_source(camera.source));
}

std::string choose_source(const std::string& source) {
  if (source != "auto") return source;
  const std::optional<std::string> found = choose_automatic_source();
  if (!found) {
    throw StartError(ExitCode::no_input, "--source auto: no camera was found; see --list-devices");
  }
  log_info("--source auto: {}", *found);
  return *found;
}

// Mistakes on the command line are reported before anything runs.
void check_controls(Source& source, const CameraOptions& camera, ExitCode blame) {
  try {
    apply_controls(source, camera.controls);
  } catch (const std::invalid_argument& error) {
    throw StartError(blame, fmt::format("--control: {}: {}", camera.name, error.what()));
  } catch (const std::system_error&) {
    // The device's own refusal is logged when the loop tries again.
  }
}

// An open source, or the error that opening it gave; neither if it is not to be opened yet.
struct Attempt {
  std::unique_ptr<Source> source;
  std::optional<std::system_error> failure;
};

Attempt try_to_open(RunningCamera& camera, const Options& options) {
  const ExitCode blame = options.blame_for_cameras;
  SourceOptions wanted = source_options(camera.options, options);
  if (!options.exit_on_no_source) wanted.patience = std::min(wanted.patience, kStartPatience);
  try {
    Attempt opened;
    opened.source = open_source(opened_source(camera.options), wanted, camera.clock);
    check_controls(*opened.source, camera.options, blame);
    return opened;
  } catch (const std::invalid_argument& error) {
    throw StartError(blame, error.what());
  } catch (const std::system_error& error) {
    return {nullptr, error};
  }
}

// All other servers are contacted at the same time: several that do not respond delay the start no
// more than one. Devices are opened one after another, in order.
std::vector<Attempt> try_to_open_all(const std::vector<std::unique_ptr<RunningCamera>>& cameras,
                                     const Options& options, bool exclusive_ones) {
  std::vector<std::future<Attempt>> pending;
  for (const auto& camera : cameras) {
    if (!exclusive_ones && is_exclusive(*camera)) {
      pending.push_back(std::async(std::launch::deferred, [] { return Attempt(); }));
      continue;
    }
    const bool is_remote = is_url(camera->options.source);
    pending.push_back(
        std::async(is_remote ? std::launch::async : std::launch::deferred,
                   [&options, one = camera.get()] { return try_to_open(*one, options); }));
  }
  std::vector<Attempt> attempts;
  for (auto& each : pending) attempts.push_back(each.get());
  return attempts;
}

void make_rings(RunningCamera& camera, const Attempt& attempt, const Options& options,
                BackendKind backend) {
  const CameraOptions& chosen = camera.options;
  const SourceFormat known = attempt.source ? attempt.source->format() : SourceFormat{};
  const SourceFormat format = attempt.source ? known : unknown_format(chosen);
  camera.ring = make_ring(format, chosen, options, backend);
  for (const RungOption& rung : rungs_for(known, chosen, options)) {
    camera.rung_rings.push_back(make_rung_ring(rung.size, format, chosen, options, backend));
    const PictureExtent box{rung.size.width, rung.size.height};
    camera.rungs.push_back({camera.rung_rings.back().get(), box, rung.quality});
  }
  camera.history = make_history(*camera.ring, options);
}

void make_loop(RunningCamera& camera, Attempt attempt, const Options& options) {
  if (!camera.rungs.empty()) {
    camera.ladder = std::make_unique<Ladder>(*camera.ring, camera.rungs, camera.options.name,
                                             camera.options.orientation);
    camera.ladder->start();
  }
  CaptureConfig config = capture_config(camera, options);
  RenditionConfig rendition = rendition_config(camera, options);
  rendition.ladder = camera.ladder.get();
  if (!attempt.failure) {
    camera.loop = std::make_unique<CaptureLoop>(std::move(config), std::move(attempt.source),
                                                *camera.ring, camera.clock, std::move(rendition));
  } else {
    camera.loop = std::make_unique<CaptureLoop>(std::move(config), *attempt.failure, *camera.ring,
                                                camera.clock, std::move(rendition));
  }
}

// It connects when it runs; that its plugin is missing is known now.
void make_publisher(RunningCamera& camera) {
  const CameraOptions& chosen = camera.options;
  if (chosen.publish.empty()) return;
  try {
    camera.publisher = std::make_unique<NatsPublisher>(
        NatsPublisherConfig{.camera = chosen.name,
                            .shown = redact_url(chosen.publish),
                            .login = {.address = parse_nats_url(chosen.publish),
                                      .credentials = chosen.upstream.credentials,
                                      .ca = chosen.upstream.ca,
                                      .insecure = chosen.upstream.insecure}},
        *camera.ring, camera.panel, camera.publisher_clock,
        load_nats_plugin(plugin_folders()).connect);
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    throw StartError(ExitCode::unavailable, fmt::format("--publish: {}", error.what()));
  }
}

// Those of the directory, which is the last of the options.
void add_unnamed(std::vector<std::unique_ptr<RunningCamera>>& cameras, const Options& options,
                 BackendKind backend) {
  const CameraOptions& chosen = options.cameras.back();
  if (!chosen.is_directory()) return;
  warn_of_insecure(chosen);
  for (size_t i = 0; i < chosen.max_cameras; ++i) {
    cameras.push_back(std::make_unique<RunningCamera>());
    cameras.back()->options = chosen;
    make_rings(*cameras.back(), {}, options, backend);
  }
}

bool may_serve(const Attempt& attempt, const CameraOptions& camera, const Options& options) {
  if (!attempt.failure) return true;
  return !options.exit_on_no_source && may_come(camera.source, attempt.failure->code());
}

// EX_NOINPUT of sysexits.h also covers input that exists but cannot be read, such as a folder; for
// a device that is a question of groups, and is reported as such.
[[noreturn]] void give_up(const std::system_error& error, const std::string& source) {
  if (is_shortage(error.code())) throw error;
  const bool forbidden = is_permission(error) && !is_on_disk(source);
  throw StartError(forbidden ? ExitCode::not_permitted : ExitCode::no_input, error.what());
}

}  // namespace

bool is_exclusive(const RunningCamera& camera) noexcept {
  const std::string_view source = camera.options.source;
  return source.starts_with("v4l2") || source.starts_with("libcamera");
}

std::vector<std::unique_ptr<RunningCamera>> open_cameras(const Options& options,
                                                         BackendKind backend, bool exclusive_ones) {
  std::vector<std::unique_ptr<RunningCamera>> cameras;
  for (const CameraOptions& chosen : options.cameras) {
    if (chosen.is_directory()) continue;
    cameras.push_back(std::make_unique<RunningCamera>());
    cameras.back()->options = chosen;
    cameras.back()->options.source = choose_source(chosen.source);
    warn_of_insecure(cameras.back()->options);
  }
  std::vector<Attempt> attempts = try_to_open_all(cameras, options, exclusive_ones);
  const bool has_directory = cameras.size() < options.cameras.size();
  bool any = has_directory && (cameras.empty() || !options.exit_on_no_source);
  for (size_t i = 0; i < cameras.size(); ++i) {
    any = any || may_serve(attempts[i], cameras[i]->options, options);
  }
  if (!any) give_up(*attempts.front().failure, cameras.front()->options.source);
  for (size_t i = 0; i < cameras.size(); ++i) {
    watch_devices(*cameras[i]);
    make_rings(*cameras[i], attempts[i], options, backend);
    make_loop(*cameras[i], std::move(attempts[i]), options);
    make_publisher(*cameras[i]);
  }
  add_unnamed(cameras, options, backend);
  return cameras;
}

void name_camera(RunningCamera& camera, std::string name, std::string source,
                 const Options& options) {
  camera.options.name = std::move(name);
  camera.options.source = std::move(source);
  try {
    make_loop(camera, {}, options);
    camera.loop->start();
  } catch (...) {
    camera.loop.reset();
    camera.ladder.reset();
    throw;
  }
  camera.loop->continue_from(0);
  camera.loop->begin();
}

size_t frame_memory_of(const std::vector<std::unique_ptr<RunningCamera>>& cameras,
                       const Options& options) noexcept {
  const size_t history = options.history ? options.history_memory : 0;
  size_t bytes = 0;
  for (const auto& camera : cameras) {
    bytes += (1 + camera->rungs.size()) * options.frame_memory + history;
  }
  return bytes;
}

void release_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras) noexcept {
  for (const auto& camera : cameras) camera->publisher_clock.request_stop();
  for (const auto& camera : cameras) {
    if (is_exclusive(*camera)) camera->loop->stop_within(kStopPatience);
  }
}

void start_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras) {
  for (const auto& camera : cameras) {
    if (camera->loop) camera->loop->start();
    if (camera->publisher) camera->publisher->start();
  }
}

bool stop_cameras(const std::vector<std::unique_ptr<RunningCamera>>& cameras) noexcept {
  for (const auto& camera : cameras) {
    camera->clock.request_stop();
    camera->publisher_clock.request_stop();
  }
  bool all = true;
  for (const auto& camera : cameras) {
    if (!camera->publisher || camera->publisher->stop_within(kStopPatience)) continue;
    log_warning("{}: its NATS server does not answer; left behind", camera->options.name);
    all = false;
  }
  for (const auto& camera : cameras) {
    if (!camera->loop || camera->loop->stop_within(kStopPatience)) continue;
    log_warning("{}: its driver does not return; left behind", camera->options.name);
    all = false;
  }
  return all;
}

}  // namespace fanlight
