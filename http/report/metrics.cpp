// SPDX-License-Identifier: Apache-2.0
#include "http/report/metrics.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/check.h"
#include "core/process_figures.h"
#include "http/report/camera_report.h"
#include "http/report/figures.h"
#include "http/report/totals.h"

namespace fanlight {
namespace {

void write_header(std::string_view name, std::string_view type, std::string_view help,
                  TextWriter& text) {
  text.add("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

// `camera` and `reason` are labels; an empty one is left out.
void write_sample(std::string_view name, std::string_view camera, std::string_view reason,
                  uint64_t value, TextWriter& text) {
  text.raw(name);
  if (!camera.empty()) text.add("{{camera=\"{}\"", camera);
  if (!reason.empty()) text.add("{}reason=\"{}\"", camera.empty() ? "{" : ",", reason);
  if (!camera.empty() || !reason.empty()) text.raw("}");
  text.add(" {}\n", value);
}

// `read` returns a figure of the histogram, which may be the sum of several parts.
template <class Read>
void write_histogram(std::string_view name, std::string_view camera, double sum, Read read,
                     TextWriter& text) {
  uint64_t below = 0;
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    below += read([i](const Histogram& part) { return part.bucket(i); });
    text.add("{}_bucket{{camera=\"{}\",le=\"{}\"}} {}\n", name, camera,
             to_seconds(Histogram::upper_bound(i)), below);
  }
  // Parts may be updated meanwhile: never less than the previous bucket.
  const uint64_t count = std::max(below, read([](const Histogram& part) { return part.count(); }));
  text.add("{0}_bucket{{camera=\"{1}\",le=\"+Inf\"}} {2}\n{0}_sum{{camera=\"{1}\"}} {3}\n", name,
           camera, count, sum);
  text.add("{}_count{{camera=\"{}\"}} {}\n", name, camera, count);
}

// ---- the figures ----

template <class Stats, size_t kSize>
constexpr size_t count_metrics(const std::array<Figure<Stats>, kSize>& figures) {
  size_t count = 0;
  for (const Figure<Stats>& figure : figures) count += figure.begins_metric() ? 1 : 0;
  return count;
}

// The figures of the n-th metric of a table: one, or one for each reason.
template <class Stats, size_t kSize>
std::span<const Figure<Stats>> metric_at(const std::array<Figure<Stats>, kSize>& figures,
                                         size_t n) {
  const auto next = [&](size_t i) {
    do ++i;
    while (i < kSize && !figures[i].begins_metric());
    return i;
  };
  size_t begin = 0;  // each table begins with a metric
  for (; n > 0; --n) begin = next(begin);
  return std::span(figures).subspan(begin, next(begin) - begin);
}

template <const auto& kFigures>
void begin_figures(size_t n, TextWriter& text) {
  const auto& figure = metric_at(kFigures, n)[0];
  write_header(figure.metric, figure.type, figure.help, text);
}

// The n-th metric of a camera's viewers: sums over all shards.
void write_channel_metric(size_t n, const ServerState& state, size_t camera, TextWriter& text) {
  const auto figures = metric_at(kChannelFigures, n);
  const std::string_view name = figures[0].metric, label = state.names[camera];
  if (const auto histogram = figures[0].histogram) {
    double sum = 0;
    for (const auto& link : state.links) {
      sum += to_seconds((link->channels[camera].*histogram).sum());
    }
    const auto read = [&](auto get) {
      uint64_t all = 0;
      for (const auto& link : state.links) all += get(link->channels[camera].*histogram);
      return all;
    };
    return write_histogram(name, label, sum, read, text);
  }
  for (const auto& figure : figures) {
    write_sample(name, label, figure.reason, total(state, figure.counter, camera), text);
  }
}

void write_capture_metric(size_t n, const ServerState& state, size_t camera, TextWriter& text) {
  const auto figures = metric_at(kCaptureFigures, n);
  const std::string_view name = figures[0].metric, label = state.names[camera];
  const CaptureStats& stats = state.cameras[camera].ring->stats();
  if (const auto histogram = figures[0].histogram) {
    const auto read = [&](auto get) { return get(stats.*histogram); };
    return write_histogram(name, label, to_seconds((stats.*histogram).sum()), read, text);
  }
  for (const auto& figure : figures) {
    write_sample(name, label, figure.reason, (stats.*figure.counter).value(), text);
  }
}

template <const auto& kFigures>
void write_shard_metric(size_t n, const ServerState& state, size_t, TextWriter& text) {
  const auto figures = metric_at(kFigures, n);
  for (const auto& figure : figures) {
    write_sample(figures[0].metric, {}, figure.reason, total(state, figure.counter), text);
  }
}

// ---- the other metrics ----

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  void (*write)(const Metric& metric, const ServerState& state, size_t camera, TextWriter& text);
};

template <Counter CaptureStats::*kCounter>
void write_state(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  const CaptureStats& stats = state.cameras[index].ring->stats();
  write_sample(metric.name, state.names[index], {}, (stats.*kCounter).value(), text);
}

void write_ring_memory(const Metric& metric, const ServerState& state, size_t index,
                       TextWriter& text) {
  write_sample(metric.name, state.names[index], {}, state.cameras[index].ring->touched_bytes(),
               text);
}

void write_idle(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  const bool idle = state.cameras[index].ring->activity() == CaptureActivity::idle;
  write_sample(metric.name, state.names[index], {}, idle ? 1 : 0, text);
}

void write_history_seconds(const Metric& metric, const ServerState& state, size_t index,
                           TextWriter& text) {
  text.add("{}{{camera=\"{}\"}} {:.3f}\n", metric.name, state.names[index],
           history_figures(state.cameras[index]).seconds);
}

template <uint64_t HistoryFigures::*kMember>
void write_history(const Metric& metric, const ServerState& state, size_t index, TextWriter& text) {
  write_sample(metric.name, state.names[index], {}, history_figures(state.cameras[index]).*kMember,
               text);
}

void write_watchers(const Metric& metric, const ServerState& state, size_t index,
                    TextWriter& text) {
  write_sample(metric.name, state.names[index], {}, state.cameras[index].ring->watchers(), text);
}

// Device and format change when a camera is replaced, and are not figures: labels.
void write_camera_info(const Metric& metric, const ServerState& state, size_t index,
                       TextWriter& text) {
  const Camera& camera = state.cameras[index];
  text.add("{}{{camera=\"{}\",device=\"", metric.name, state.names[index]);
  std::array<char, CameraPanel::kTextBytesMax> room;
  // For printable text, JSON and this format use the same escapes.
  text.add_json(device_for_all(camera, room));
  text.add("\",format=\"");
  if (camera.panel != nullptr) text.add_json(camera.panel->copy_format(room));
  text.add("\"}} 1\n");
}

// ---- of each rung ----

// `camera` and `rung` are labels.
struct RungMetric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  void (*write)(const ServerState& state, size_t camera, size_t rung, TextWriter& text);
};

void write_rung_viewers(const ServerState& state, size_t camera, size_t rung, TextWriter& text) {
  text.add("{}", rung_viewers(state, camera, rung));
}

void write_rung_frames(const ServerState& state, size_t camera, size_t rung, TextWriter& text) {
  text.add("{}", state.cameras[camera].rung(rung).stats().encoded.value());
}

void write_rung_time(const ServerState& state, size_t camera, size_t rung, TextWriter& text) {
  text.add("{}", to_seconds(state.cameras[camera].rung(rung).stats().encode_time.sum()));
}

void write_rung_withheld(const ServerState& state, size_t camera, size_t rung, TextWriter& text) {
  text.add("{}", state.cameras[camera].rung(rung).is_withheld() ? 1 : 0);
}

constexpr std::array kRungMetrics = {
    RungMetric{"fanlight_rung_viewers", "gauge", "Current streams of each rung.",
               &write_rung_viewers},
    RungMetric{"fanlight_rung_encoded_frames_total", "counter", "Frames published of each rung.",
               &write_rung_frames},
    RungMetric{"fanlight_rung_encode_seconds_total", "counter",
               "Time to scale and encode the pictures of each rung.", &write_rung_time},
    RungMetric{"fanlight_rung_withheld", "gauge",
               "1 while a rung is not encoded, to relieve the processor.", &write_rung_withheld},
};

void write_rung_metric(size_t n, const ServerState& state, size_t camera, TextWriter& text) {
  const RungMetric& metric = kRungMetrics[n];
  for (size_t rung = 0; rung < state.cameras[camera].rungs(); ++rung) {
    text.add("{}{{camera=\"{}\",rung=\"{}\"}} ", metric.name, state.names[camera], rung);
    metric.write(state, camera, rung, text);
    text.raw("\n");
  }
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

void write_relief(const Metric& metric, const ServerState& state, size_t, TextWriter& text) {
  text.add("{} {}\n", metric.name, state.relief.level.value());
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

constexpr std::array kCameraMetrics = {
    Metric{"fanlight_frame_memory_bytes", "gauge", "Memory that holds frames.", &write_ring_memory},
    Metric{"fanlight_history_seconds", "gauge",
           "From the oldest to the newest frame of the history.", &write_history_seconds},
    Metric{"fanlight_history_frames", "gauge", "Frames in the history.",
           &write_history<&HistoryFigures::frames>},
    Metric{"fanlight_history_bytes", "gauge", "Memory that holds the history.",
           &write_history<&HistoryFigures::bytes>},
    Metric{"fanlight_history_skipped_frames_total", "counter",
           "Frames that the history had no room for.", &write_history<&HistoryFigures::skipped>},
    Metric{"fanlight_camera_online", "gauge", "1 while the source delivers pictures.",
           &write_state<&CaptureStats::online>},
    Metric{"fanlight_camera_idle", "gauge",
           "1 while the source is stopped because no one is watching.", &write_idle},
    Metric{"fanlight_camera_watchers", "gauge",
           "Streams, waiting snapshots, the history and the publisher.", &write_watchers},
    Metric{"fanlight_camera_width_pixels", "gauge", "Width of the newest frame.",
           &write_state<&CaptureStats::width>},
    Metric{"fanlight_camera_height_pixels", "gauge", "Height of the newest frame.",
           &write_state<&CaptureStats::height>},
    Metric{"fanlight_camera_info", "gauge", "Device and format, as labels.", &write_camera_info},
};

constexpr std::array kServerMetrics = {
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
    Metric{"fanlight_relief_level", "gauge",
           "What is given up to relieve the processor, 0 to 5; 0: nothing.", &write_relief},
    Metric{"fanlight_build_info", "gauge", "Version and backend, as labels.", &write_build_info},
    Metric{"process_start_time_seconds", "gauge", "When the server started, Unix time.",
           &write_start_time},
    Metric{"process_cpu_seconds_total", "counter", "CPU time used by the process.", &write_process},
};

template <const auto& kMetrics>
void begin_metric(size_t n, TextWriter& text) {
  write_header(kMetrics[n].name, kMetrics[n].type, kMetrics[n].help, text);
}

template <const auto& kMetrics>
void write_metric(size_t n, const ServerState& state, size_t camera, TextWriter& text) {
  const Metric& metric = kMetrics[n];
  metric.write(metric, state, camera, text);
}

// ---- the page ----

// Some metrics, each written once for the server, or once per camera.
struct Section {
  size_t metrics;
  bool is_by_camera;
  void (*begin)(size_t n, TextWriter& text);
  void (*write)(size_t n, const ServerState& state, size_t camera, TextWriter& text);
};

constexpr std::array kSections = {
    Section{count_metrics(kChannelFigures), true, &begin_figures<kChannelFigures>,
            &write_channel_metric},
    Section{count_metrics(kCaptureFigures), true, &begin_figures<kCaptureFigures>,
            &write_capture_metric},
    Section{kCameraMetrics.size(), true, &begin_metric<kCameraMetrics>,
            &write_metric<kCameraMetrics>},
    Section{kRungMetrics.size(), true, &begin_metric<kRungMetrics>, &write_rung_metric},
    Section{count_metrics(kConnectionFigures), false, &begin_figures<kConnectionFigures>,
            &write_shard_metric<kConnectionFigures>},
    Section{count_metrics(kRequestFigures), false, &begin_figures<kRequestFigures>,
            &write_shard_metric<kRequestFigures>},
    Section{count_metrics(kSendFigures), false, &begin_figures<kSendFigures>,
            &write_shard_metric<kSendFigures>},
    Section{kServerMetrics.size(), false, &begin_metric<kServerMetrics>,
            &write_metric<kServerMetrics>},
};

}  // namespace

Body::State Metrics::write_step(TextWriter& text) noexcept {
  const size_t room = text.room();
  Body::State state = write_one(text);
  while (state == Body::State::more && text.room() == room) state = write_one(text);
  return state;
}

// Writes nothing of a camera that is not shown.
Body::State Metrics::write_one(TextWriter& text) noexcept {
  size_t step = step_++;
  for (const Section& section : kSections) {
    const size_t times = section.is_by_camera ? state_.cameras.size() : 1;
    const size_t steps = section.metrics * times;
    if (step >= steps) {
      step -= steps;
      continue;
    }
    const size_t metric = step / times, camera = step % times;
    if (camera == 0) section.begin(metric, text);
    if (!section.is_by_camera || state_.names.is_shown(camera)) {
      section.write(metric, state_, camera, text);
    }
    const bool is_last = &section == &kSections.back() && step + 1 == steps;
    return is_last ? Body::State::done : Body::State::more;
  }
  CHECK(false && "no such step");
}

}  // namespace fanlight
