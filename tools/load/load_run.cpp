// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_run.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "tools/flags/exit_code.h"
#include "tools/load/machine.h"

namespace fanlight {
namespace {

constexpr Duration kLineEvery = 1s;
// How often main checks whether all have their first frame, and whether any viewer is left.
constexpr Duration kSettleStep = 5ms;
constexpr Duration kGoneStep = 100ms;
constexpr Duration kFailAfter = 500ms;
// If this share of the viewers get the same time with a frame, it is the frame's own.
constexpr double kShareOfViewers = 0.75;

std::optional<std::string> congestion_control_of_new_sockets() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::array<char, 16> name{};  // TCP_CA_NAME_MAX
  socklen_t size = name.size();
  if (!socket || ::getsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) {
    return std::nullopt;
  }
  return std::string(name.data(), ::strnlen(name.data(), size));
}

// Once per run: both clocks are slewed alike, and between two reads this thread may lose the CPU
// for milliseconds, so the closest of several pairs is taken.
Duration measure_wall_offset() {
  constexpr int kTries = 32;
  Duration offset{};
  Duration closest = Duration::max();
  for (int i = 0; i < kTries; ++i) {
    const Instant before = read_monotonic_clock();
    const WallTime wall = read_wall_clock();
    const Duration between = read_monotonic_clock() - before;
    if (between >= closest) continue;
    closest = between;
    offset = wall.time_since_epoch() - before.time_since_epoch();
  }
  return offset;
}

Fd block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Fd fd(::signalfd(-1, &signals, SFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "signalfd");
  return fd;
}

ProcessUsage require_usage(pid_t pid) {
  const std::optional<ProcessUsage> usage = read_process_usage(pid);
  if (usage) return *usage;
  throw StartError(ExitCode::usage, fmt::format("--pid {}: there is no such process", pid));
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options)
    : options_(options),
      target_(parse_url(options.url), options.viewers, options.headers, options.segments),
      shared_(options, target_),
      signals_(block_signals()) {
  require_descriptors(options.viewers + options.threads);
  confine_to(options.cpus);
  if (options.pid != 0) {
    server_start_ = server_last_ = shown_usage_ = require_usage(options.pid);
  }
  const std::vector<ViewerKind> kinds = assign_kinds(options);
  shared_.fast_viewers =
      static_cast<size_t>(std::count(kinds.begin(), kinds.end(), ViewerKind::fast));
  for (unsigned i = 0; i < options.threads; ++i) {
    threads_.push_back(std::make_unique<LoadThread>(shared_, kinds, i, options.threads));
  }
  shown_age_ = std::make_unique<LatencyHistogram>();
}

LoadRun::~LoadRun() {
  stop_threads();
}

LoadResult LoadRun::run() {
  start_threads();
  if (wait_until_settled()) measure();
  stop_threads();
  if (!options_.quiet) clear_live_line();
  require_connection();
  return result();
}

void LoadRun::start_threads() {
  shared_.wall_offset = measure_wall_offset();
  shared_.begin = shown_at_ = read_monotonic_clock();
  for (size_t i = 0; i < threads_.size(); ++i) {
    const auto& cpus = options_.cpus;
    threads_[i]->start(cpus.empty() ? -1 : cpus[i % cpus.size()]);
  }
}

void LoadRun::stop_threads() {
  shared_.stop.store(true);
  for (const auto& thread : threads_) thread->join();
}

// False when a signal arrived, or when no viewer could connect.
bool LoadRun::wait_until_settled() {
  Instant settled_by = kNever;
  while (true) {
    const Sums sums = sum();
    const Instant now = read_monotonic_clock();
    if (sums.called == options_.viewers && settled_by == kNever) {
      settled_by = now + options_.settle;
    }
    if (sums.settled == options_.viewers || now >= settled_by) break;
    if (all_failed(sums, now)) break;
    if (!wait(now + kSettleStep)) return false;
  }
  return total(&LoadTally::connected) > 0;
}

// When no viewer gets in, the rest of a ramp of minutes is not worth waiting for.
bool LoadRun::all_failed(const Sums& sums, Instant now) const {
  return now - shared_.begin >= kFailAfter && sums.called > 0 && sums.settled == sums.called &&
         total(&LoadTally::connected) == 0;
}

// The window as main measures it: its limits and the CPU times are read at the same moments.
void LoadRun::measure() {
  if (options_.pid != 0) sample_server();
  server_window_begin_ = server_last_;
  load_cpu_begin_ = read_own_cpu_time();
  window_begin_ = read_monotonic_clock();
  shared_.window_begin_ns.store(window_begin_.time_since_epoch().count());
  const Instant until = window_begin_ + options_.duration;
  while (wait(std::min(until, read_monotonic_clock() + kGoneStep))) {
    if (read_monotonic_clock() >= until || total(&LoadTally::gone) == options_.viewers) break;
  }
  window_end_ = read_monotonic_clock();
  shared_.window_end_ns.store(window_end_.time_since_epoch().count());
  if (options_.pid != 0) sample_server();
  load_cpu_end_ = read_own_cpu_time();
}

// Waits, and shows the live line in the meantime. False when a signal ended the wait.
bool LoadRun::wait(Instant until) {
  while (true) {
    const Instant now = read_monotonic_clock();
    if (now >= shown_at_ + kLineEvery) show_line(now);
    if (now >= until) return true;
    const Duration left = std::min(until, shown_at_ + kLineEvery) - now;
    const timespec timeout{static_cast<time_t>(left / 1s), static_cast<long>((left % 1s).count())};
    pollfd signal{signals_.get(), POLLIN, 0};
    if (left > Duration::zero() && ::ppoll(&signal, 1, &timeout, nullptr) > 0) return false;
  }
}

void LoadRun::show_line(Instant now) {
  const Sums sums = sum();
  const double seconds = to_seconds(now - shown_at_);
  const ProcessUsage before = shown_usage_;
  if (options_.pid != 0) sample_server();
  auto age = merge(&LoadTally::live_age);
  const auto rate = [seconds](uint64_t late, uint64_t early) {
    return static_cast<double>(late - early) / seconds;
  };
  if (!options_.quiet) {
    auto recent = merge(&LoadTally::live_age);
    recent->subtract(*shown_age_);
    std::string line = fmt::format("{:>5.0f} s  {:>6} connected  {:>8.0f} frames/s  {:>7.1f} MB/s",
                                   to_seconds(now - shared_.begin), sums.open,
                                   rate(sums.frames, shown_sums_.frames),
                                   rate(sums.bytes, shown_sums_.bytes) / 1e6);
    const auto p50 = recent->percentile_ms(0.5);
    const auto p99 = recent->percentile_ms(0.99);
    if (p50 && p99) line += fmt::format("  age {:.1f} / {:.1f} ms", *p50, *p99);
    if (options_.pid != 0) {
      line += fmt::format("  server {:.0f} % CPU, {} KB",
                          100 * to_seconds(server_last_.cpu - before.cpu) / seconds,
                          server_last_.resident_kb);
    }
    show_live_line(line);
  }
  shown_at_ = now;
  shown_sums_ = sums;
  shown_usage_ = server_last_;
  shown_age_ = std::move(age);
}

void LoadRun::sample_server() {
  const std::optional<ProcessUsage> usage = read_process_usage(options_.pid);
  if (!usage) return;  // it ended; the viewers will notice
  server_last_ = *usage;
  server_max_.resident_kb = std::max(server_max_.resident_kb, usage->resident_kb);
  server_max_.anonymous_kb = std::max(server_max_.anonymous_kb, usage->anonymous_kb);
}

LoadRun::Sums LoadRun::sum() const {
  return {total(&LoadTally::called), total(&LoadTally::settled), total(&LoadTally::open),
          total(&LoadTally::frames), total(&LoadTally::bytes)};
}

uint64_t LoadRun::total(Counter LoadTally::*counter) const {
  uint64_t sum = 0;
  for (const auto& thread : threads_) sum += (thread->tally().*counter).value();
  return sum;
}

std::unique_ptr<LatencyHistogram> LoadRun::merge(LatencyHistogram LoadTally::*histogram) const {
  auto merged = std::make_unique<LatencyHistogram>();
  for (const auto& thread : threads_) merged->add(thread->tally().*histogram);
  return merged;
}

void LoadRun::require_connection() const {
  const uint64_t errors = total(&LoadTally::connect_errors);
  uint64_t number = 0;
  for (const auto& thread : threads_) {
    number = std::max(number, thread->tally().first_connect_errno.value());
  }
  const uint64_t answered = total(&LoadTally::connected) + total(&LoadTally::refused_503) +
                            total(&LoadTally::refused_other) + total(&LoadTally::not_multipart) +
                            total(&LoadTally::disconnected) + total(&LoadTally::stalled_closed);
  if (answered > 0) return;
  if (errors > 0) {
    throw StartError(ExitCode::unavailable,
                     fmt::format("{}: {}; is the server running?", shown_url(options_.url),
                                 std::system_category().message(static_cast<int>(number))));
  }
  throw StartError(ExitCode::unavailable,
                   fmt::format("{}: no answer within --settle {:.1f}s", shown_url(options_.url),
                               to_seconds(options_.settle)));
}

KindResult LoadRun::kind_result(ViewerKind kind, const LatencyHistogram& age) const {
  KindResult result;
  std::vector<uint64_t> frames;
  for (const auto& thread : threads_) {
    for (const LoadViewer& viewer : thread->viewers()) {
      if (viewer.kind() != kind || viewer.was_refused()) continue;
      frames.push_back(viewer.figures().frames);
      result.frames_sum += viewer.figures().frames;
      result.gaps += viewer.figures().gaps;
    }
  }
  result.viewers = frames.size();
  result.frames = spread_of(std::move(frames));
  result.age = percentiles_of(age);
  return result;
}

// Only when all viewers identify frames in the same way: a time that differs between viewers is the
// time of sending.
void LoadRun::add_ranks(LoadResult& result) const {
  const auto arrivals = shared_.arrivals.summarise(window_begin_, window_end_);
  const bool same_for_all =
      total(&LoadTally::sequences) > 0 ||
      arrivals->arrivals_per_frame > kShareOfViewers * static_cast<double>(shared_.fast_viewers);
  if (!same_for_all || shared_.fast_viewers < 2) return;
  result.skew = percentiles_of(arrivals->skew);
  for (const auto& thread : threads_) {
    for (const LoadViewer& viewer : thread->viewers()) {
      const ViewerFigures& figures = viewer.figures();
      if (figures.ranks == 0) continue;
      const double rank = figures.rank_sum / figures.ranks;
      result.rank_min = std::min(result.rank_min.value_or(rank), rank);
      result.rank_max = std::max(result.rank_max.value_or(rank), rank);
    }
  }
}

std::optional<SegmentsResult> LoadRun::segments_result() const {
  if (!options_.segments) return std::nullopt;
  SegmentsResult result;
  result.whole_frames = total(&LoadTally::whole_frames);
  result.whole_bytes = total(&LoadTally::whole_bytes);
  result.updates = total(&LoadTally::updates);
  result.update_bytes = total(&LoadTally::update_bytes);
  result.empty_updates = total(&LoadTally::empty_updates);
  result.broken = total(&LoadTally::broken);
  for (const auto& thread : threads_) {
    for (const LoadViewer& viewer : thread->viewers()) {
      if (!viewer.problem().empty()) result.problem = viewer.problem();
      if (const auto hash = viewer.picture_hash()) ++result.last_pictures[*hash];
    }
  }
  return result;
}

LoadResult LoadRun::result() const {
  LoadResult result;
  result.url = shown_url(options_.url);
  result.seed = options_.seed;
  result.viewers = options_.viewers;
  result.duration_s = to_seconds(window_end_ - window_begin_);
  result.congestion_control = congestion_control_of_new_sockets();
  result.connected = total(&LoadTally::connected);
  result.refused_503 = total(&LoadTally::refused_503);
  result.refused_503_with_retry_after = total(&LoadTally::refused_503_with_retry_after);
  result.refused_other = total(&LoadTally::refused_other);
  for (const auto& thread : threads_) {
    for (unsigned status = 0; status < thread->tally().statuses.size(); ++status) {
      const uint64_t count = thread->tally().statuses[status].value();
      if (count > 0) result.statuses[status] += count;
    }
  }
  result.not_multipart = total(&LoadTally::not_multipart);
  result.connect_errors = total(&LoadTally::connect_errors);
  result.disconnected = total(&LoadTally::disconnected);
  result.reconnects = total(&LoadTally::reconnects);
  result.frames = total(&LoadTally::window_frames);
  result.bytes = total(&LoadTally::window_bytes);
  result.torn = total(&LoadTally::torn);
  result.falling = total(&LoadTally::falling);
  result.repeats = total(&LoadTally::repeats);
  result.looked_at = total(&LoadTally::looked_at);
  result.has_sequences = total(&LoadTally::sequences) > 0;
  result.fast = kind_result(ViewerKind::fast, *merge(&LoadTally::fast_age));
  result.slow = kind_result(ViewerKind::slow, *merge(&LoadTally::slow_age));
  result.stalled_closed = total(&LoadTally::stalled_closed);
  result.stalled_life = percentiles_of(*merge(&LoadTally::stalled_life));
  result.first_frame = percentiles_of(*merge(&LoadTally::first_frame));
  for (const auto& thread : threads_) {
    for (const LoadViewer& viewer : thread->viewers()) {
      const bool stalled = viewer.kind() == ViewerKind::stalled;
      if (stalled) ++result.stalled_viewers;
      const bool served = stalled ? viewer.had_stream() : viewer.had_frame();
      if (!served) ++result.never;
    }
  }
  add_ranks(result);
  result.segments = segments_result();
  if (options_.pid != 0) {
    result.server = ServerResult{to_seconds(server_last_.cpu - server_window_begin_.cpu),
                                 server_start_, server_last_, server_max_};
  }
  result.load_cpu_s = to_seconds(load_cpu_end_ - load_cpu_begin_);
  return result;
}

}  // namespace fanlight
