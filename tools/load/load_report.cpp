// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_report.h"

#include <fmt/core.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "tools/load/status_text.h"

namespace fanlight {
namespace {

template <class... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// A number, or the text for a missing one.
std::string number_or(std::string_view none, std::optional<double> value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : std::string(none);
}

std::string json(std::optional<double> value, int decimals = 3) {
  return number_or("null", value, decimals);
}

std::string cell(std::optional<double> value, int decimals = 1) {
  return number_or("-", value, decimals);
}

// A JSON string, with the escapes that RFC 8259 section 7 requires. It is not called quoted(),
// since a call with a std::string would find std::quoted() too.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string times(uint64_t count) {
  return count == 1 ? "once" : fmt::format("{} times", count);
}

double per_second(const LoadResult& result, uint64_t count) {
  return result.duration_s > 0 ? static_cast<double>(count) / result.duration_s : 0;
}

// A value that is known only with sequence numbers.
std::optional<double> if_sequences(const LoadResult& result, std::optional<double> value) {
  return result.has_sequences ? value : std::nullopt;
}

void append_viewers_json(std::string& out, const LoadResult& result) {
  append(out, "\"url\":{},\"seed\":{},\"viewers\":{},\"duration_s\":{:.6f}", json_text(result.url),
         result.seed, result.viewers, result.duration_s);
  append(out, ",\"congestion_control\":{}",
         result.congestion_control ? json_text(*result.congestion_control) : "null");
  append(out, ",\"connected\":{},\"refused\":{{\"503\":{},\"503_with_retry_after\":{}",
         result.connected, result.refused_503, result.refused_503_with_retry_after);
  append(out, ",\"other_status\":{},\"not_multipart\":{}}}", result.refused_other,
         result.not_multipart);
  append(out, ",\"statuses\":{{");
  for (const auto& [status, count] : result.statuses) {
    append(out, "{}\"{}\":{}", status == result.statuses.begin()->first ? "" : ",", status, count);
  }
  append(out, "}}");
  append(out, ",\"connect_errors\":{},\"disconnected\":{},\"reconnects\":{}", result.connect_errors,
         result.disconnected, result.reconnects);
}

void append_frames_json(std::string& out, const LoadResult& result) {
  append(out, ",\"frames\":{},\"frames_per_s\":{:.3f},\"bytes\":{},\"torn\":{}", result.frames,
         per_second(result, result.frames), result.bytes, result.torn);
  append(out, ",\"falling\":{},\"gaps\":{},\"repeats\":{},\"checked\":{}",
         json(if_sequences(result, static_cast<double>(result.falling)), 0),
         json(if_sequences(result, static_cast<double>(result.fast.gaps)), 0), result.repeats,
         result.looked_at);
}

void append_kind_json(std::string& out, std::string_view name, const LoadResult& result,
                      const KindResult& kind) {
  append(out, ",\"{}\":{{\"viewers\":{}", name, kind.viewers);
  if (kind.frames) {
    const Spread& frames = *kind.frames;
    append(out, ",\"frames\":{{\"min\":{},\"p5\":{},\"median\":{:.1f},\"max\":{},\"mean\":{:.3f}}}",
           frames.min, frames.p5, frames.median, frames.max, frames.mean);
    append(out, ",\"jain\":{}", json(frames.jain, 6));
  } else {
    append(out,
           ",\"frames\":{{\"min\":null,\"p5\":null,\"median\":null,\"max\":null,"
           "\"mean\":null}},\"jain\":null");
  }
  append(out, ",\"age_ms\":{{\"p50\":{},\"p95\":{},\"p99\":{},\"max\":{}}}", json(kind.age.p50),
         json(kind.age.p95), json(kind.age.p99), json(kind.age.max));
  append(out, ",\"gaps\":{},\"loss\":{}}}",
         json(if_sequences(result, static_cast<double>(kind.gaps)), 0),
         json(if_sequences(result, kind.loss()), 6));
}

void append_server_json(std::string& out, const LoadResult& result) {
  const auto& server = result.server;
  const auto kilobytes = [&server](const ProcessUsage ServerResult::*when,
                                   const uint64_t ProcessUsage::*what) {
    return server ? fmt::format("{}", (*server).*when.*what) : "null";
  };
  append(out, ",\"server\":{{\"cpu_s\":{},\"cpu_us_per_frame\":{}",
         json(server ? std::optional(server->cpu_s) : std::nullopt, 6),
         json(server ? result.per_frame_us(server->cpu_s) : std::nullopt));
  append(out, ",\"rss_start_kb\":{},\"rss_end_kb\":{},\"rss_max_kb\":{}",
         kilobytes(&ServerResult::begin, &ProcessUsage::resident_kb),
         kilobytes(&ServerResult::end, &ProcessUsage::resident_kb),
         kilobytes(&ServerResult::max, &ProcessUsage::resident_kb));
  append(out, ",\"rss_anon_start_kb\":{},\"rss_anon_end_kb\":{},\"rss_anon_max_kb\":{}}}",
         kilobytes(&ServerResult::begin, &ProcessUsage::anonymous_kb),
         kilobytes(&ServerResult::end, &ProcessUsage::anonymous_kb),
         kilobytes(&ServerResult::max, &ProcessUsage::anonymous_kb));
}

// All keys are there without --segments too, with null.
void append_segments_json(std::string& out, const LoadResult& result) {
  const SegmentsResult& segments = result.segments ? *result.segments : SegmentsResult{};
  const auto count = [&](uint64_t value) {
    return result.segments ? fmt::format("{}", value) : std::string("null");
  };
  append(out, ",\"segments\":{{\"whole_frames\":{},\"whole_bytes\":{},\"updates\":{}",
         count(segments.whole_frames), count(segments.whole_bytes), count(segments.updates));
  append(out, ",\"update_bytes\":{},\"empty_updates\":{},\"broken\":{},\"problem\":{}",
         count(segments.update_bytes), count(segments.empty_updates), count(segments.broken),
         segments.problem.empty() ? "null" : json_text(segments.problem));
  append(out, ",\"last_pictures\":{{");
  for (const auto& [hash, viewers] : segments.last_pictures) {
    append(out, "{}\"{:016x}\":{}", hash == segments.last_pictures.begin()->first ? "" : ",", hash,
           viewers);
  }
  append(out, "}}}}");
}

void append_kind_row(std::string& out, std::string_view name, const LoadResult& result,
                     const KindResult& kind) {
  if (!kind.frames) return;
  const Spread& frames = *kind.frames;
  const auto loss = if_sequences(result, kind.loss());
  append(out, "{:<8}{:>8}{:>9}{:>8}{:>9}{:>8}{:>10}{:>10}", name, kind.viewers, frames.min,
         frames.p5, cell(frames.median), frames.max, cell(frames.mean), cell(frames.jain, 4));
  append(out, "{:>10}{:>9}{:>9}{:>9}{:>10}{:>8}\n", cell(kind.age.p50), cell(kind.age.p95),
         cell(kind.age.p99), cell(kind.age.max),
         cell(if_sequences(result, static_cast<double>(kind.gaps)), 0),
         loss ? fmt::format("{:.2f}%", *loss * 100) : "-");
}

void append_viewers_rows(std::string& out, const LoadResult& result) {
  if (result.fast.viewers + result.slow.viewers + result.stalled_viewers == 0) return;
  append(out, "\n{:<16}|{:-^53}|{:-^36}|\n", "", " frames per viewer ", " age, ms ");
  append(out, "{:<8}{:>8}{:>9}{:>8}{:>9}{:>8}{:>10}{:>10}", "", "viewers", "min", "p5", "median",
         "max", "mean", "fairness");
  append(out, "{:>10}{:>9}{:>9}{:>9}{:>10}{:>8}\n", "p50", "p95", "p99", "max", "skipped", "loss");
  append_kind_row(out, "fast", result, result.fast);
  append_kind_row(out, "slow", result, result.slow);
  if (result.stalled_viewers == 0) return;
  append(out, "{:<8}{:>8}  {} closed by the server", "stalled", result.stalled_viewers,
         result.stalled_closed);
  if (result.stalled_life.max) append(out, ", {} ms old at most", cell(result.stalled_life.max));
  append(out, "\n");
}

void append_usage_rows(std::string& out, const LoadResult& result) {
  const auto row = [&](std::string_view name, double cpu_s) {
    const double share = result.duration_s > 0 ? 100 * cpu_s / result.duration_s : 0;
    append(out, "{:<12} {:.1f} % of a CPU, {} us per frame", name, share,
           cell(result.per_frame_us(cpu_s), 2));
  };
  if (result.server) {
    row("server", result.server->cpu_s);
    append(out, "; RSS {} KB before, {} KB at the end, {} KB at most\n",
           result.server->begin.resident_kb, result.server->end.resident_kb,
           result.server->max.resident_kb);
  }
  row("load", result.load_cpu_s);
  append(out, "\n");
}

void append_segments_row(std::string& out, const LoadResult& result) {
  if (!result.segments) return;
  const SegmentsResult& segments = *result.segments;
  const auto mean_kb = [](uint64_t bytes, uint64_t count) {
    return cell(count > 0 ? std::optional(static_cast<double>(bytes) / 1e3 / double(count))
                          : std::nullopt);
  };
  append(out, "{:<12} {} whole of {} KB, {} updates of {} KB, {} empty; {} broken", "segments",
         segments.whole_frames, mean_kb(segments.whole_bytes, segments.whole_frames),
         segments.updates, mean_kb(segments.update_bytes, segments.updates), segments.empty_updates,
         segments.broken);
  append(out, "{}{}\n", segments.problem.empty() ? "" : ": ", segments.problem);
}

void append_refused_row(std::string& out, const LoadResult& result) {
  if (result.statuses.empty() && result.not_multipart == 0) return;
  append(out, "{:<12}", "refused");
  std::string_view separator = " ";
  for (const auto& [status, count] : result.statuses) {
    append(out, "{}{}, {}", std::exchange(separator, "; "), status_text(status), times(count));
    if (status == 503) append(out, " ({} with Retry-After)", result.refused_503_with_retry_after);
  }
  if (result.not_multipart > 0) {
    append(out, "{}no multipart stream, {}", separator, times(result.not_multipart));
  }
  append(out, "\n");
}

}  // namespace

std::string to_json(const LoadResult& result) {
  std::string out;
  append(out, "{{");
  append_viewers_json(out, result);
  append_frames_json(out, result);
  append_segments_json(out, result);
  append_kind_json(out, "fast", result, result.fast);
  append_kind_json(out, "slow", result, result.slow);
  append(out, ",\"stalled\":{{\"viewers\":{},\"closed\":{},\"closed_after_ms\":{{",  //
         result.stalled_viewers, result.stalled_closed);
  append(out, "\"p50\":{},\"max\":{}}}}}", json(result.stalled_life.p50),
         json(result.stalled_life.max));
  append(out, ",\"first_frame_ms\":{{\"p50\":{},\"p99\":{},\"max\":{},\"never\":{}}}",
         json(result.first_frame.p50), json(result.first_frame.p99), json(result.first_frame.max),
         result.never);
  append(out, ",\"skew_ms\":{{\"p50\":{},\"p99\":{}}}", json(result.skew.p50),
         json(result.skew.p99));
  append(out, ",\"rank\":{{\"min\":{},\"max\":{}}}", json(result.rank_min, 4),
         json(result.rank_max, 4));
  append_server_json(out, result);
  append(out, ",\"load\":{{\"cpu_s\":{:.6f}}}}}\n", result.load_cpu_s);
  return out;
}

std::string to_table(const LoadResult& result) {
  std::string out;
  append(out, "{}: {} viewers, {:.1f} s measured, congestion control {}\n\n", result.url,
         result.viewers, result.duration_s, result.congestion_control.value_or("unknown"));
  append(out, "{:<12} {} connected, {} disconnected, {} reconnects, {} connects failed\n",
         "viewers", result.connected, result.disconnected, result.reconnects,
         result.connect_errors);
  append_refused_row(out, result);
  append(out,
         "{:<12} {}, {:.1f}/s, {:.1f} MB/s; {} torn, {} falling, {} repeats, {} looked at "
         "whole\n",
         "frames", result.frames, per_second(result, result.frames),
         per_second(result, result.bytes) / 1e6, result.torn,
         cell(if_sequences(result, static_cast<double>(result.falling)), 0), result.repeats,
         result.looked_at);
  append_segments_row(out, result);
  append_viewers_rows(out, result);
  append(out, "\n{:<12} p50 {} ms, p99 {} ms, max {} ms after connect(); {} viewers without one\n",
         "first frame", cell(result.first_frame.p50), cell(result.first_frame.p99),
         cell(result.first_frame.max), result.never);
  append(out, "{:<12} p50 {} ms, p99 {} ms from the first viewer of a frame to the last\n", "skew",
         cell(result.skew.p50), cell(result.skew.p99));
  append(out, "{:<12} {} to {} on average (0: always first, 1: always last)\n", "rank",
         cell(result.rank_min, 3), cell(result.rank_max, 3));
  append_usage_rows(out, result);
  append(out, "\nfanlight-load --help explains the terms.\n");
  return out;
}

}  // namespace fanlight
