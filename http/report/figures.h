// SPDX-License-Identifier: Apache-2.0
// Figures: every counter that is reported, once: its key in /api/v1/state, and its metric. The
// reports loop over these tables, so that a new figure is a line here and its rows in docs/api.md.
#pragma once

#include <array>
#include <string_view>

#include "core/check.h"
#include "core/counter.h"
#include "core/frame_ring.h"
#include "core/histogram.h"
#include "http/state/server_state.h"

namespace fanlight {

// One figure of `Stats`: a counter, or a histogram, which is a metric only.
template <class Stats>
struct Figure {
  Counter Stats::*counter = nullptr;
  Histogram Stats::*histogram = nullptr;
  std::string_view key{};     // in /api/v1/state
  std::string_view metric{};  // name in /metrics; empty: one more reason of the metric above
  std::string_view type{};    // of the metric
  std::string_view help{};
  std::string_view reason{};  // label of a metric with several values

  constexpr bool begins_metric() const { return !metric.empty(); }
};

template <class Stats>
constexpr Figure<Stats> count(Counter Stats::*counter, std::string_view key,
                              std::string_view metric, std::string_view help,
                              std::string_view reason = {}) {
  return {.counter = counter,
          .key = key,
          .metric = metric,
          .type = "counter",
          .help = help,
          .reason = reason};
}

// The same metric as the figure above, for another reason.
template <class Stats>
constexpr Figure<Stats> count_also(Counter Stats::*counter, std::string_view key,
                                   std::string_view reason) {
  return {.counter = counter, .key = key, .reason = reason};
}

template <class Stats>
constexpr Figure<Stats> gauge(Counter Stats::*counter, std::string_view key,
                              std::string_view metric, std::string_view help) {
  return {.counter = counter, .key = key, .metric = metric, .type = "gauge", .help = help};
}

template <class Stats>
constexpr Figure<Stats> distribution(Histogram Stats::*histogram, std::string_view metric,
                                     std::string_view help) {
  return {.histogram = histogram, .metric = metric, .type = "histogram", .help = help};
}

// Of one camera's viewers.
inline constexpr std::array kChannelFigures = {
    gauge(&ChannelStats::viewers, "viewers", "fanlight_viewers", "Current streams."),
    count(&ChannelStats::frames_sent, "frames_sent", "fanlight_frames_sent_total",
          "Frames sent completely."),
    count(&ChannelStats::frames_repeated, "frames_repeated", "fanlight_frames_repeated_total",
          "Frames repeated because there was no newer one."),
    count(&ChannelStats::frames_skipped, "frames_skipped", "fanlight_frames_skipped_total",
          "Pictures that viewers missed while watching."),
    count(&ChannelStats::frames_unchanged, "frames_unchanged", "fanlight_frames_unchanged_total",
          "Pictures that viewers of updates did not need: they show the same."),
    count(&ChannelStats::updates_sent, "updates_sent", "fanlight_updates_sent_total",
          "Of the frames sent, updates: only what changed."),
    count(&ChannelStats::updates_empty, "updates_empty", "fanlight_updates_empty_total",
          "Of the updates, those in which nothing changed."),
    count(&ChannelStats::update_bytes, "update_bytes", "fanlight_update_bytes_total",
          "Bytes of updates."),
    count(&ChannelStats::bytes_spared, "bytes_spared", "fanlight_spared_bytes_total",
          "Bytes that viewers of updates did not need."),
    gauge(&ChannelStats::update_memory, "update_memory_bytes", "fanlight_update_memory_bytes",
          "Memory that holds updates."),
    count(&ChannelStats::bytes_sent, "bytes_sent", "fanlight_sent_bytes_total",
          "Bytes of streams given to the kernel."),
    count(&ChannelStats::rung_moves, "rung_moves", "fanlight_rung_moves_total",
          "Moves of viewers to another rung, by what their lines carry."),
    distribution(&ChannelStats::frame_age, "fanlight_frame_age_seconds",
                 "From capture until the kernel had taken the picture, once for each viewer."),
};

// Of one camera.
inline constexpr std::array kCaptureFigures = {
    count(&CaptureStats::captured, "captured", "fanlight_captured_frames_total",
          "Pictures from the source."),
    count(&CaptureStats::encoded, "encoded", "fanlight_encoded_frames_total",
          "Frames published, slates included."),
    distribution(&CaptureStats::encode_time, "fanlight_encode_duration_seconds",
                 "Time to encode one picture."),
    count(&CaptureStats::slates, "slates", "fanlight_slate_frames_total", "Slates published."),
    count(&CaptureStats::dropped_no_place, "dropped_no_place", "fanlight_dropped_frames_total",
          "Pictures that were never served.", "no_place"),
    count_also(&CaptureStats::dropped_bad, "dropped_bad", "bad"),
    count_also(&CaptureStats::lost_by_device, "lost_by_device", "lost_by_device"),
    count_also(&CaptureStats::damaged_by_device, "damaged_by_device", "damaged_by_device"),
    count_also(&CaptureStats::dropped_late, "dropped_late", "late"),
    count(&CaptureStats::source_failures, "source_failures", "fanlight_source_failures_total",
          "Failures of the source."),
    count(&CaptureStats::segments, "segments", "fanlight_segments_total",
          "Segments of frames that were divided for updates."),
    count(&CaptureStats::segments_changed, "segments_changed", "fanlight_segments_changed_total",
          "Of those, the ones that had changed."),
    count(&CaptureStats::undivided, "undivided", "fanlight_undivided_frames_total",
          "Frames that could not be divided for updates."),
    count(&CaptureStats::reclaims, "reclaims", "fanlight_ring_reclaims_total",
          "Times that the ring was full."),
    count(&CaptureStats::published, "published", "fanlight_published_frames_total",
          "Frames published on NATS, slates and repeated ones included."),
    count(&CaptureStats::published_bytes, "published_bytes", "fanlight_published_bytes_total",
          "Bytes of those frames."),
    count(&CaptureStats::publish_skipped, "publish_skipped", "fanlight_publish_skipped_total",
          "Pictures that were not published.", "slow"),
    count_also(&CaptureStats::publish_too_large, "publish_too_large", "too_large"),
    count(&CaptureStats::publish_failures, "publish_failures", "fanlight_publish_failures_total",
          "Connections to a NATS server that failed or could not be made."),
    gauge(&CaptureStats::publish_online, "publish_online", "fanlight_publish_online",
          "1 while there is a connection to the NATS server."),
};

// Of one shard; the metrics are sums over all. Three tables, because /api/v1/state has sums over
// the shard's cameras between them.
inline constexpr std::array kConnectionFigures = {
    gauge(&ShardStats::connections_open, "connections", "fanlight_connections",
          "Open connections."),
    gauge(&ShardStats::connections_idle, "connections_idle", "fanlight_connections_idle",
          "Connections that wait for a request."),
};
inline constexpr std::array kRequestFigures = {
    count(&ShardStats::connections_accepted, "connections_accepted",
          "fanlight_connections_accepted_total", "Connections accepted."),
    count(&ShardStats::requests, "requests", "fanlight_requests_total",
          "Complete requests received."),
    count(&ShardStats::bad_requests, "bad_requests", "fanlight_bad_requests_total",
          "Requests refused by the parser or a timeout."),
};
inline constexpr std::array kSendFigures = {
    count(&ShardStats::bytes_sent, "bytes_sent", "fanlight_network_sent_bytes_total",
          "Bytes given to the kernel, streams and everything else."),
    count(&ShardStats::refused_full, "refused_full", "fanlight_refusals_total",
          "Streams, connections and requests answered with 503, or closed if they are TLS.",
          "full"),
    count_also(&ShardStats::refused_address, "refused_address", "address"),
    count_also(&ShardStats::refused_wire, "refused_wire", "wire"),
    count_also(&ShardStats::refused_connections, "refused_connections", "connections"),
    count_also(&ShardStats::refused_bodies, "refused_bodies", "bodies"),
    count_also(&ShardStats::refused_descriptors, "refused_descriptors", "descriptors"),
    count_also(&ShardStats::refused_tls, "refused_tls", "tls"),
    count(&ShardStats::tls_handshakes, "tls_handshakes", "fanlight_tls_handshakes_total",
          "TLS handshakes that were completed."),
    count(&ShardStats::tls_kernel, "tls_kernel", "fanlight_tls_kernel_total",
          "TLS connections whose records the kernel makes."),
    count(&ShardStats::tls_failed, "tls_failed", "fanlight_tls_failures_total",
          "TLS handshakes that were not completed."),
    count(&ShardStats::sent_zero_copy, "sent_zero_copy", "fanlight_sent_zero_copy_total",
          "Sends of frames by zero copy."),
    count(&ShardStats::zero_copy_copied, "zero_copy_copied", "fanlight_zero_copy_copied_total",
          "Zero-copy sends that the kernel copied anyway."),
    count(&ShardStats::zero_copy_refused, "zero_copy_refused", "fanlight_zero_copy_refused_total",
          "Zero-copy sends that the kernel refused, repeated as plain ones."),
    count(&ShardStats::evicted_stalled, "evicted_stalled", "fanlight_evictions_total",
          "Connections closed by the server to protect others.", "stalled"),
    count_also(&ShardStats::evicted_memory, "evicted_memory", "memory"),
    count_also(&ShardStats::evicted_idle, "evicted_idle", "idle"),
    count(&ShardStats::control_requests, "control_requests", "fanlight_control_requests_total",
          "Requests to change controls that were passed to a camera."),
    count(&ShardStats::login_wrong, "login_wrong", "fanlight_login_refusals_total",
          "Requests refused by --auth-file or --link-key.", "wrong"),
    count_also(&ShardStats::login_link, "login_link", "link"),
    count_also(&ShardStats::login_forbidden, "login_forbidden", "forbidden"),
    count_also(&ShardStats::login_waiting, "login_waiting", "waiting"),
    count_also(&ShardStats::login_busy, "login_busy", "busy"),
    count(&ShardStats::access_log_dropped, "access_log_dropped",
          "fanlight_access_log_dropped_total", "Requests that are missing in the access log."),
    count(&ShardStats::accept_failures, "accept_failures", "fanlight_accept_failures_total",
          "Failed accepts."),
    count(&ShardStats::errors, "connection_errors", "fanlight_connection_errors_total",
          "Connections ended by a socket error."),
};

// The figure with this counter.
template <class Figures, class Stats>
constexpr const Figure<Stats>& figure_of(const Figures& figures, Counter Stats::*counter) {
  for (const Figure<Stats>& figure : figures) {
    if (figure.counter == counter) return figure;
  }
  CHECK(false && "no figure has this counter");
}

}  // namespace fanlight
