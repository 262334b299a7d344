// SPDX-License-Identifier: Apache-2.0
#include "http/report/metrics.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/process_figures.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

// One metric: the text for HELP and TYPE, and the function that writes its samples.
struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  void (*write)(const Metric& metric, const ServerState& state, size_t camera, TextWriter& text);
};

// ---- one camera's samples ----

void write_sample(const Metric& metric, const Camera& camera, uint64_t value, TextWriter& text) {
  text.add("{}{{camera=\"{}\"}} {}\n", metric.name, camera.name, value);
}

template <Counter CaptureStats::*kCounter>
void write_capture(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  const Camera& camera = state.cameras[index];
  write_sample(metric, camera, (camera.ring->stats().*kCounter).value(), text);
}

template <Counter ChannelStats::*kCounter>
void write_channel(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  write_sample(metric, state.cameras[index], total(state, kCounter, index), text);
}

void write_drops(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  const Camera& camera = state.cameras[index];
  const CaptureStats& stats = camera.ring->stats();
  const auto write = [&](std::string_view reason, const Counter& counter) {
    text.add("{}{{camera=\"{}\",reason=\"{}\"}} {}\n", metric.name, camera.name, reason,
             counter.value());
  };
  write("no_place", stats.dropped_no_place);
  write("bad", stats.dropped_bad);
  write("lost_by_device", stats.lost_by_device);
  write("damaged_by_device", stats.damaged_by_device);
  write("late", stats.dropped_late);
}

// `read` returns a figure of the histogram, which may be the sum of several parts.
template <class Read>
void write_histogram(const Metric& metric, const Camera& camera, double sum, Read read,
                     TextWriter& text) {
  uint64_t below = 0;
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    below += read([i](const Histogram& part) { return part.bucket(i); });
    text.add("{}_bucket{{camera=\"{}\",le=\"{}\"}} {}\n", metric.name, camera.name,
             to_seconds(Histogram::upper_bound(i)), below);
  }
  // Parts may be updated meanwhile: never less than the previous bucket.
  const uint64_t count = std::max(below, read([](const Histogram& part) { return part.count(); }));
  text.add("{0}_bucket{{camera=\"{1}\",le=\"+Inf\"}} {2}\n{0}_sum{{camera=\"{1}\"}} {3}\n",
           metric.name, camera.name, count, sum);
  text.add("{}_count{{camera=\"{}\"}} {}\n", metric.name, camera.name, count);
}

void write_frame_age(const Metric& metric, const ServerState& state, size_t index,
                     TextWriter& text) {
  double sum = 0;
  for (const auto& link : state.links) sum += to_seconds(link->channels[index].frame_age.sum());
  const auto read = [&](auto get) {
    uint64_t all = 0;
    for (const auto& link : state.links) all += get(link->channels[index].frame_age);
    return all;
  };
  write_histogram(metric, state.cameras[index], sum, read, text);
}

void write_encode_time(const Metric& metric, const ServerState& state, size_t index,
                       TextWriter& text) {
  const Histogram& time = state.cameras[index].ring->stats().encode_time;
  const auto read = [&time](auto get) { return get(time); };
  write_histogram(metric, state.cameras[index], to_seconds(time.sum()), read, text);
}

void write_ring_memory(const Metric& metric, const ServerState& state, size_t index,
                       TextWriter& text) {
  write_sample(metric, state.cameras[index], state.cameras[index].ring->touched_bytes(), text);
}

void write_idle(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  const bool idle = state.cameras[index].ring->activity() == CaptureActivity::idle;
  write_sample(metric, state.cameras[index], idle ? 1 : 0, text);
}

void write_watchers(const Metric& metric, const ServerState& state, size_t index,
                    TextWriter& text) {
  write_sample(metric, state.cameras[index], state.cameras[index].ring->watchers(), text);
}

// Device and format change when a camera is replaced, and are not figures: labels.
void write_camera_info(const Metric& metric, const ServerState& state, size_t index,
                       TextWriter& text) {
  const Camera& camera = state.cameras[index];
  text.add("{}{{camera=\"{}\",device=\"", metric.name, camera.name);
  std::array<char, CameraPanel::kTextBytesMax> room;
  // For printable text, JSON and this format use the same escapes.
  if (camera.panel != nullptr) text.add_json(camera.panel->copy_device(room));
  text.add("\",format=\"");
  if (camera.panel != nullptr) text.add_json(camera.panel->copy_format(room));
  text.add("\"}} 1\n");
}

// ---- the server's samples ----

template <Counter ShardStats::*kCounter>
void write_total(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  text.add("{} {}\n", metric.name, total(state, kCounter));
}

struct Reason {
  std::string_view name;
  ShardCounter counter;
};
template <size_t kSize>
void write_reasons(const Metric& metric, const ServerState& state,
                   const std::array<Reason, kSize>& reasons, TextWriter& text) {
  for (const Reason& reason : reasons) {
    text.add("{}{{reason=\"{}\"}} {}\n", metric.name, reason.name, total(state, reason.counter));
  }
}

void write_refusals(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  write_reasons(metric, state,
                std::array{Reason{"full", &ShardStats::refused_full},
                           Reason{"address", &ShardStats::refused_address},
                           Reason{"wire", &ShardStats::refused_wire},
                           Reason{"descriptors", &ShardStats::refused_descriptors}},
                text);
}

void write_evictions(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  write_reasons(metric, state,
                std::array{Reason{"stalled", &ShardStats::evicted_stalled},
                           Reason{"memory", &ShardStats::evicted_memory}},
                text);
}

void write_build_info(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  text.add("{}{{version=\"{}\",backend=\"{}\"}} 1\n", metric.name, state.config.version,
           state.config.backend);
}

void write_viewers_limit(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  text.add("{} {}\n", metric.name, state.admission.config().viewers_max);
}

// 0: no viewer is held back.
void write_egress_limit(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  text.add("{} {}\n", metric.name, state.wire == nullptr ? 0 : state.wire->usable());
}

void write_viewers_waiting(const Metric& metric, const ServerState& state, size_t,
                           TextWriter& text) {
  text.add("{} {}\n", metric.name, state.wire == nullptr ? 0 : state.wire->waiting_in_all());
}

// 0 without a table.
template <Counter TableStats::*kCounter>
void write_table(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  const TableDesk* table = state.config.table;
  text.add("{} {}\n", metric.name, table == nullptr ? 0 : (table->stats().*kCounter).value());
}

void write_start_time(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  text.add("{} {:.3f}\n", metric.name, to_seconds(state.started.time_since_epoch()));
}

// With the standard names for process metrics.
void write_process(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  const ProcessFigures figures =
      state.config.process_figures == nullptr ? ProcessFigures() : state.config.process_figures();
  text.add("{} {:.2f}\n", metric.name, figures.cpu_seconds);
  text.add(
      "# HELP process_resident_memory_bytes Memory of the process that is in RAM.\n"
      "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n",
      figures.resident_bytes);
  text.add(
      "# HELP process_max_fds Maximum number of open descriptors.\n"
      "# TYPE process_max_fds gauge\nprocess_max_fds {}\n",
      figures.descriptors_limit);
}

// ---- all of them ----

constexpr std::array kCameraMetrics = {
    Metric{"fanlight_viewers", "gauge", "Current streams.", &write_channel<&ChannelStats::viewers>},
    Metric{"fanlight_frames_sent_total", "counter", "Frames sent completely.",
           &write_channel<&ChannelStats::frames_sent>},
    Metric{"fanlight_frames_repeated_total", "counter",
           "Frames repeated because there was no newer one.",
           &write_channel<&ChannelStats::frames_repeated>},
    Metric{"fanlight_frames_skipped_total", "counter",
           "Pictures that viewers missed while watching.",
           &write_channel<&ChannelStats::frames_skipped>},
    Metric{"fanlight_sent_bytes_total", "counter", "Bytes of streams given to the kernel.",
           &write_channel<&ChannelStats::bytes_sent>},
    Metric{"fanlight_frame_age_seconds", "histogram",
           "From capture until the kernel had taken the picture, once for each viewer.",
           &write_frame_age},
    Metric{"fanlight_captured_frames_total", "counter", "Pictures from the source.",
           &write_capture<&CaptureStats::captured>},
    Metric{"fanlight_encoded_frames_total", "counter", "Frames published, slates included.",
           &write_capture<&CaptureStats::encoded>},
    Metric{"fanlight_encode_duration_seconds", "histogram", "Time to encode one picture.",
           &write_encode_time},
    Metric{"fanlight_slate_frames_total", "counter", "Slates published.",
           &write_capture<&CaptureStats::slates>},
    Metric{"fanlight_dropped_frames_total", "counter", "Pictures that were never served.",
           &write_drops},
    Metric{"fanlight_source_failures_total", "counter", "Failures of the source.",
           &write_capture<&CaptureStats::source_failures>},
    Metric{"fanlight_ring_reclaims_total", "counter", "Times that the ring was full.",
           &write_capture<&CaptureStats::reclaims>},
    Metric{"fanlight_frame_memory_bytes", "gauge", "Memory that holds frames.", &write_ring_memory},
    Metric{"fanlight_camera_online", "gauge", "1 while the source delivers pictures.",
           &write_capture<&CaptureStats::online>},
    Metric{"fanlight_camera_idle", "gauge",
           "1 while the source is stopped because no one is watching.", &write_idle},
    Metric{"fanlight_camera_watchers", "gauge", "Streams and waiting snapshots.", &write_watchers},
    Metric{"fanlight_camera_width_pixels", "gauge", "Width of the newest frame.",
           &write_capture<&CaptureStats::width>},
    Metric{"fanlight_camera_height_pixels", "gauge", "Height of the newest frame.",
           &write_capture<&CaptureStats::height>},
    Metric{"fanlight_camera_info", "gauge", "Device and format, as labels.", &write_camera_info},
};

constexpr std::array kServerMetrics = {
    Metric{"fanlight_connections", "gauge", "Open connections.",
           &write_total<&ShardStats::connections_open>},
    Metric{"fanlight_connections_accepted_total", "counter", "Connections accepted.",
           &write_total<&ShardStats::connections_accepted>},
    Metric{"fanlight_requests_total", "counter", "Complete requests received.",
           &write_total<&ShardStats::requests>},
    Metric{"fanlight_bad_requests_total", "counter", "Requests refused by the parser or a timeout.",
           &write_total<&ShardStats::bad_requests>},
    Metric{"fanlight_network_sent_bytes_total", "counter",
           "Bytes given to the kernel, streams and everything else.",
           &write_total<&ShardStats::bytes_sent>},
    Metric{"fanlight_refusals_total", "counter", "Streams and connections answered with 503.",
           &write_refusals},
    Metric{"fanlight_evictions_total", "counter",
           "Connections closed by the server to protect others.", &write_evictions},
    Metric{"fanlight_sent_zero_copy_total", "counter", "Sends of frames by zero copy.",
           &write_total<&ShardStats::sent_zero_copy>},
    Metric{"fanlight_zero_copy_copied_total", "counter",
           "Zero-copy sends that the kernel copied anyway.",
           &write_total<&ShardStats::zero_copy_copied>},
    Metric{"fanlight_zero_copy_refused_total", "counter",
           "Zero-copy sends that the kernel refused, repeated as plain ones.",
           &write_total<&ShardStats::zero_copy_refused>},
    Metric{"fanlight_control_requests_total", "counter",
           "Requests to change controls that were passed to a camera.",
           &write_total<&ShardStats::control_requests>},
    Metric{"fanlight_accept_failures_total", "counter", "Failed accepts.",
           &write_total<&ShardStats::accept_failures>},
    Metric{"fanlight_connection_errors_total", "counter", "Connections ended by a socket error.",
           &write_total<&ShardStats::errors>},
    Metric{"fanlight_table_queries_total", "counter", "Pages of the stock table that were read.",
           &write_table<&TableStats::queries>},
    Metric{"fanlight_table_rows_read_total", "counter", "Rows of the stock table that were read.",
           &write_table<&TableStats::rows_read>},
    Metric{"fanlight_table_errors_total", "counter",
           "Pages of the stock table that could not be read, or were locked for too long.",
           &write_table<&TableStats::errors>},
    Metric{"fanlight_viewers_limit", "gauge", "Maximum number of streams.", &write_viewers_limit},
    Metric{"fanlight_egress_limit_bytes_per_second", "gauge",
           "Network bandwidth for streams, framing included; 0: no limit.", &write_egress_limit},
    Metric{"fanlight_viewers_waiting", "gauge", "Streams waiting for bandwidth.",
           &write_viewers_waiting},
    Metric{"fanlight_build_info", "gauge", "Version and backend, as labels.", &write_build_info},
    Metric{"process_start_time_seconds", "gauge", "When the server started, Unix time.",
           &write_start_time},
    Metric{"process_cpu_seconds_total", "counter", "CPU time used by the process.", &write_process},
};

void write_header(const Metric& metric, TextWriter& text) {
  text.add("# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name, metric.help, metric.type);
}

}  // namespace

bool write_metrics_step(const ServerState& state, size_t step, TextWriter& text) noexcept {
  const size_t cameras = state.cameras.size();
  if (step < kCameraMetrics.size() * cameras) {
    const Metric& metric = kCameraMetrics[step / cameras];
    if (step % cameras == 0) write_header(metric, text);
    metric.write(metric, state, step % cameras, text);
    return true;
  }
  step -= kCameraMetrics.size() * cameras;
  const Metric& metric = kServerMetrics[step];
  write_header(metric, text);
  metric.write(metric, state, 0, text);
  return step + 1 < kServerMetrics.size();
}

}  // namespace fanlight
