// SPDX-License-Identifier: Apache-2.0
#include "http/metrics.h"

#include <array>
#include <string_view>

namespace fanlight {
namespace {

// One counter of Stats as a metric.
template <class Stats>
struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  Counter Stats::*counter;
};
using ShardMetric = Metric<ShardStats>;
using CameraMetric = Metric<CaptureStats>;

constexpr std::array kShardMetrics = {
    ShardMetric{"viewers", "gauge", "Streams at this moment.", &ShardStats::viewers},
    ShardMetric{"connections", "gauge", "Open connections.", &ShardStats::connections_open},
    ShardMetric{"connections_accepted_total", "counter", "Connections accepted.",
                &ShardStats::connections_accepted},
    ShardMetric{"requests_total", "counter", "Requests received whole.", &ShardStats::requests},
    ShardMetric{"bad_requests_total", "counter", "Requests refused by the parser or a timeout.",
                &ShardStats::bad_requests},
    ShardMetric{"frames_sent_total", "counter", "Frames sent whole.", &ShardStats::frames_sent},
    ShardMetric{"frames_repeated_total", "counter", "Frames begun again for want of a newer one.",
                &ShardStats::frames_repeated},
    ShardMetric{"frames_skipped_total", "counter", "Frames that viewers did not get.",
                &ShardStats::frames_skipped},
    ShardMetric{"sent_bytes_total", "counter", "Bytes given to the kernel.",
                &ShardStats::bytes_sent},
    ShardMetric{"sent_zero_copy_total", "counter", "Sends of frames by zero copy.",
                &ShardStats::sent_zero_copy},
    ShardMetric{"zero_copy_copied_total", "counter", "Of them, copied by the kernel all the same.",
                &ShardStats::zero_copy_copied},
    ShardMetric{"zero_copy_refused_total", "counter",
                "Zero-copy sends that the kernel refused, repeated as plain ones.",
                &ShardStats::zero_copy_refused},
    ShardMetric{"refused_full_total", "counter", "Streams refused at --max-viewers.",
                &ShardStats::refused_full},
    ShardMetric{"refused_address_total", "counter", "Streams refused at --max-viewers-per-address.",
                &ShardStats::refused_address},
    ShardMetric{"refused_wire_total", "counter", "Streams refused because the network is full.",
                &ShardStats::refused_wire},
    ShardMetric{"refused_descriptors_total", "counter",
                "Connections refused for want of descriptors.", &ShardStats::refused_descriptors},
    ShardMetric{"evicted_stalled_total", "counter", "Connections closed because they stalled.",
                &ShardStats::evicted_stalled},
    ShardMetric{"evicted_memory_total", "counter",
                "Connections closed because they held the oldest frame of a full ring.",
                &ShardStats::evicted_memory},
    ShardMetric{"control_requests_total", "counter",
                "Requests to change controls that were handed to a camera.",
                &ShardStats::control_requests},
    ShardMetric{"accept_failures_total", "counter", "Failed accepts.",
                &ShardStats::accept_failures},
    ShardMetric{"connection_errors_total", "counter", "Connections ended by a socket's error.",
                &ShardStats::errors},
};

constexpr std::array kCameraMetrics = {
    CameraMetric{"captured_frames_total", "counter", "Pictures that the source gave.",
                 &CaptureStats::captured},
    CameraMetric{"encoded_frames_total", "counter", "Frames published, slates included.",
                 &CaptureStats::encoded},
    CameraMetric{"slate_frames_total", "counter", "Slates published.", &CaptureStats::slates},
    CameraMetric{"dropped_frames_no_place_total", "counter",
                 "Pictures dropped because every place of the ring was held.",
                 &CaptureStats::dropped_no_place},
    CameraMetric{"dropped_frames_bad_total", "counter", "Broken pictures, never served.",
                 &CaptureStats::dropped_bad},
    CameraMetric{"source_failures_total", "counter", "Failures of the source.",
                 &CaptureStats::source_failures},
    CameraMetric{"ring_reclaims_total", "counter", "Times that the ring was full.",
                 &CaptureStats::reclaims},
    CameraMetric{"camera_online", "gauge", "1 while the source gives pictures.",
                 &CaptureStats::online},
    CameraMetric{"camera_idle", "gauge", "1 while the source rests because nobody watches.",
                 &CaptureStats::idle},
    CameraMetric{"camera_width_pixels", "gauge", "Width of the newest picture.",
                 &CaptureStats::width},
    CameraMetric{"camera_height_pixels", "gauge", "Height of the newest picture.",
                 &CaptureStats::height},
};

void write_header(TextWriter& text, std::string_view name, std::string_view type,
                  std::string_view help) {
  text.add("# HELP fanlight_{0} {1}\n# TYPE fanlight_{0} {2}\n", name, help, type);
}

template <class Read>
void write_buckets(TextWriter& text, std::string_view name, std::string_view labels, Read read) {
  uint64_t below = 0;
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    below += read([i](const Histogram& h) { return h.bucket(i); });
    text.add("fanlight_{}_bucket{{{}le=\"{}\"}} {}\n", name, labels,
             to_seconds(Histogram::upper_bound(i)), below);
  }
  const uint64_t count = read([](const Histogram& h) { return h.count(); });
  text.add("fanlight_{}_bucket{{{}le=\"+Inf\"}} {}\n", name, labels, count);
}

void write_frame_age(const ServerState& state, TextWriter& text) {
  constexpr std::string_view kName = "frame_age_seconds";
  write_header(text, kName, "histogram", "From capture until the kernel had taken the frame.");
  double sum = 0;
  uint64_t count = 0;
  for (const auto& link : state.links) {
    sum += to_seconds(link->stats.frame_age.sum());
    count += link->stats.frame_age.count();
  }
  write_buckets(text, kName, "", [&state](auto get) {
    uint64_t total = 0;
    for (const auto& link : state.links) total += get(link->stats.frame_age);
    return total;
  });
  text.add("fanlight_{0}_sum {1}\nfanlight_{0}_count {2}\n", kName, sum, count);
}

void write_encode_time(const Camera& camera, bool first, TextWriter& text) {
  constexpr std::string_view kName = "encode_duration_seconds";
  if (first) write_header(text, kName, "histogram", "Time to encode one picture.");
  const Histogram& histogram = camera.ring->stats().encode_time;
  char labels[64];
  const auto end = fmt::format_to_n(labels, sizeof labels, "camera=\"{}\",", camera.name).out;
  const std::string_view label(labels, static_cast<size_t>(end - labels));
  write_buckets(text, kName, label, [&histogram](auto get) { return get(histogram); });
  text.add("fanlight_{0}_sum{{camera=\"{1}\"}} {2}\nfanlight_{0}_count{{camera=\"{1}\"}} {3}\n",
           kName, camera.name, to_seconds(histogram.sum()), histogram.count());
}

void write_build_info(const ServerState& state, TextWriter& text) {
  write_header(text, "build_info", "gauge", "Version and backend, as labels.");
  text.add("fanlight_build_info{{version=\"{}\",backend=\"{}\"}} 1\n", state.config.version,
           state.config.backend);
}

void write_ring_memory(const Camera& camera, bool first, TextWriter& text) {
  if (first) {
    write_header(text, "frame_memory_bytes", "gauge", "Memory that holds frames.");
  }
  text.add("fanlight_frame_memory_bytes{{camera=\"{}\"}} {}\n", camera.name,
           camera.ring->touched_bytes());
}

// Device and format change when a camera is replaced, and are no figures: labels.
void write_camera_info(const Camera& camera, bool first, TextWriter& text) {
  if (first) write_header(text, "camera_info", "gauge", "Device and format, as labels.");
  text.add("fanlight_camera_info{{camera=\"{}\",device=\"", camera.name);
  std::array<char, CameraPanel::kTextBytesMax> room;
  // The panel's texts are printable ASCII, of which JSON and this format escape the same.
  if (camera.panel != nullptr) text.add_json(camera.panel->copy_device(room));
  text.add("\",format=\"");
  if (camera.panel != nullptr) text.add_json(camera.panel->copy_format(room));
  text.add("\"}} 1\n");
}

void write_watchers(const Camera& camera, bool first, TextWriter& text) {
  if (first) write_header(text, "camera_watchers", "gauge", "Streams and waiting snapshots.");
  text.add("fanlight_camera_watchers{{camera=\"{}\"}} {}\n", camera.name, camera.ring->watchers());
}

// What is not a plain counter of a camera: all cameras of the first, then all of the next.
constexpr std::array kCameraWriters = {&write_encode_time, &write_ring_memory, &write_watchers,
                                       &write_camera_info};

}  // namespace

bool write_metrics_step(const ServerState& state, size_t step, TextWriter& text) noexcept {
  if (step < kShardMetrics.size()) {
    const ShardMetric& metric = kShardMetrics[step];
    uint64_t total = 0;
    for (const auto& link : state.links) total += (link->stats.*metric.counter).value();
    write_header(text, metric.name, metric.type, metric.help);
    text.add("fanlight_{} {}\n", metric.name, total);
    return true;
  }
  step -= kShardMetrics.size();
  const size_t cameras = state.cameras.size();
  if (step < kCameraMetrics.size() * cameras) {
    const CameraMetric& metric = kCameraMetrics[step / cameras];
    const Camera& camera = state.cameras[step % cameras];
    if (step % cameras == 0) write_header(text, metric.name, metric.type, metric.help);
    text.add("fanlight_{}{{camera=\"{}\"}} {}\n", metric.name, camera.name,
             (camera.ring->stats().*metric.counter).value());
    return true;
  }
  step -= kCameraMetrics.size() * cameras;
  if (step < kCameraWriters.size() * cameras) {
    kCameraWriters[step / cameras](state.cameras[step % cameras], step % cameras == 0, text);
    return true;
  }
  step -= kCameraWriters.size() * cameras;
  if (step == 0) {
    write_frame_age(state, text);
    return true;
  }
  write_build_info(state, text);
  return false;
}

}  // namespace fanlight
