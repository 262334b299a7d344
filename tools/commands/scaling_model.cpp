// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/scaling_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "http/state/wire.h"

namespace fanlight {
namespace {

// Fitted by bench/scaling.
constexpr double kUpdateHeadBytes = 850;
constexpr double kChangedWeight = 1.2;
constexpr double kGrowth = 0.26;
constexpr double kMarkers = 1.027;

constexpr double kRefreshSeconds = 4;  // --refresh
constexpr double kPartHeadBytes = 130;
constexpr double kSecondsOfFrame = 0.001;              // from capture to the first viewer
constexpr double kSecondsOfDividing = 0.002 / 921600;  // more, for each pixel, with updates
// CPU time of sending a frame, on the machine of bench/SCALING.md.
constexpr double kCpuOfFrame = 7.5e-6;
constexpr double kCpuOfByte = 0.167e-9;
constexpr double kCpuOfUpdate = 1.05;  // relative to a frame of as many bytes

double on_wire(double payload) {
  return double(bytes_on_wire(static_cast<uint64_t>(std::llround(payload))));
}

double usable(double bits_per_second) {
  return bits_per_second / 8 * Wire::kShare;
}

// The largest x in [low, high] at which the rising `function` is not above `limit`; `low` if there
// is none.
double solve(double low, double high, double limit, const std::function<double(double)>& function) {
  if (function(high) <= limit) return high;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (function(middle) <= limit ? low : high) = middle;
  }
  return low;
}

// Frames a second for bytes a second.
double whole_fps(const Scene& scene, double bytes, double low, double high) {
  return solve(low, high, bytes, [&](double fps) { return whole_rate(scene, fps); });
}

double update_fps(const Scene& scene, double bytes, double low, double high) {
  return solve(low, high, bytes, [&](double fps) { return update_rate(scene, fps); });
}

double mean_rate(const Scene& scene, double fps) {
  return (1 - scene.browsers) * whole_rate(scene, fps) + scene.browsers * update_rate(scene, fps);
}

// Viewers that one server has room for if each is to get `fps`.
uint64_t room_for(const Scene& scene, const Server& server, double fps) {
  const double room = usable(server.bits_per_second) / mean_rate(scene, fps);
  return std::min(kViewersOfServer, static_cast<uint64_t>(room));
}

// As the queue of a server divides its wire: the same bytes for all, `min_fps` for everyone, and
// what some do not need for the others (http/delivery/fair_queue.h).
void divide(const Scene& scene, const Server& server, double fps, Service& service) {
  const double least = std::min(server.min_fps, fps);
  const auto rates = [&](double bytes) {
    service.whole.fps = whole_fps(scene, bytes, least, fps);
    service.update.fps = update_fps(scene, bytes, least, fps);
    service.whole.bytes_per_second = whole_rate(scene, service.whole.fps);
    service.update.bytes_per_second = update_rate(scene, service.update.fps);
    return double(service.whole_viewers) * service.whole.bytes_per_second +
           double(service.update_viewers) * service.update.bytes_per_second;
  };
  const double limit = usable(server.bits_per_second);
  rates(solve(0, std::max(whole_rate(scene, fps), update_rate(scene, fps)), limit, rates));
}

double cpu_of(double fps, double bytes, double factor) {
  return fps * factor * (kCpuOfFrame + kCpuOfByte * bytes);
}

uint64_t fan_out_of(double bits_per_second, double rate) {
  return static_cast<uint64_t>(usable(bits_per_second) / rate);
}

// How many relays each level needs so that the camera's server feeds the first; empty if relays
// cannot feed enough relays.
std::vector<uint64_t> levels_of(uint64_t edges, uint64_t fan_out, uint64_t camera_fan_out) {
  std::vector<uint64_t> levels = {edges};
  while (levels.front() > camera_fan_out) {
    if (fan_out < 2) return {};
    levels.insert(levels.begin(), (levels.front() + fan_out - 1) / fan_out);
  }
  return levels;
}

// Until the median of `relays` on one upstream's wire has a frame, each after those before it, and
// has passed it on.
double hop_seconds(const Tree& tree, double bits_per_second, uint64_t relays) {
  const double use = std::min(1.0, double(relays) * tree.pull_rate / usable(bits_per_second));
  return use / tree.pull_fps / 2 + kSecondsOfFrame;
}

// When the first viewer of the last level has a frame.
double age_of_last(const Scene& scene, const Server& server, double camera_bits, const Tree& tree) {
  double age = first_age(scene);
  for (size_t level = 0; level < tree.levels.size(); ++level) {
    const uint64_t upstreams = level == 0 ? 1 : tree.levels[level - 1];
    age += hop_seconds(tree, level == 0 ? camera_bits : server.bits_per_second,
                       (tree.levels[level] + upstreams - 1) / upstreams);
  }
  return age;
}

// What a relay pulls, bytes a second on the wire.
double pull_rate(const Scene& scene, double fps, bool updates) {
  return updates ? update_rate(scene, fps) : whole_rate(scene, fps);
}

// Fills in everything about relays; false if there is no such tree.
bool add_relays(const Scene& scene, const Server& server, double camera_bits, uint64_t viewers,
                double goal_fps, Tree& tree) {
  const auto pull = [&](double fps) { return pull_rate(scene, fps, tree.pulls_updates); };
  tree.pull_fps = solve(0, scene.fps, usable(camera_bits), pull);
  if (tree.pull_fps < server.min_fps) return false;
  tree.pull_rate = pull(tree.pull_fps);
  tree.goal_fps = std::min(goal_fps, tree.pull_fps);
  const uint64_t room = room_for(scene, server, tree.goal_fps);
  if (room == 0) return false;
  const uint64_t edges = (viewers + room - 1) / room;
  tree.fan_out = fan_out_of(server.bits_per_second, tree.pull_rate);
  tree.camera_fan_out = std::max<uint64_t>(1, fan_out_of(camera_bits, tree.pull_rate));
  tree.levels = levels_of(edges, tree.fan_out, tree.camera_fan_out);
  if (tree.levels.empty()) return false;
  tree.last = serve(scene, server, (viewers + edges - 1) / edges, tree.pull_fps,
                    age_of_last(scene, server, camera_bits, tree));
  return true;
}

}  // namespace

double whole_frame_bytes(const Scene& scene) {
  return scene.picture_bytes * (scene.divided ? kMarkers : 1) + kPartHeadBytes;
}

double update_bytes(const Scene& scene, double frames) {
  const double renewed = std::min(1.0, frames / (scene.fps * kRefreshSeconds));
  const double changed = std::min(1.0, kChangedWeight * scene.changed * std::pow(frames, kGrowth));
  const double share = 1 - (1 - renewed) * (1 - changed);
  const double whole = scene.picture_bytes * kMarkers + kPartHeadBytes;
  return std::min(kUpdateHeadBytes + scene.picture_bytes * kMarkers * share, whole);
}

double whole_rate(const Scene& scene, double fps) {
  return fps * on_wire(whole_frame_bytes(scene));
}

double update_rate(const Scene& scene, double fps) {
  return fps * on_wire(update_bytes(scene, scene.fps / fps));
}

double first_age(const Scene& scene) {
  return kSecondsOfFrame + (scene.divided ? scene.pixels * kSecondsOfDividing : 0);
}

Service serve(const Scene& scene, const Server& server, uint64_t viewers, double fps, double age) {
  const double limit = usable(server.bits_per_second);
  const double least = std::min(server.min_fps, fps);
  const uint64_t admitted = std::min(viewers, room_for(scene, server, least));

  Service service;
  service.refused = viewers - admitted;
  service.update_viewers = static_cast<uint64_t>(std::llround(double(admitted) * scene.browsers));
  service.whole_viewers = admitted - service.update_viewers;
  divide(scene, server, fps, service);

  const auto whole = double(service.whole_viewers);
  const auto update = double(service.update_viewers);
  const double wanted = whole * whole_rate(scene, fps) + update * update_rate(scene, fps);
  const double spread = std::min(1.0, wanted / limit) / fps;
  service.use =
      (whole * service.whole.bytes_per_second + update * service.update.bytes_per_second) / limit;
  service.age_median = age + spread / 2;
  service.age_p95 = age + spread * 0.95;
  for (Share* share : {&service.whole, &service.update}) {
    share->screen_seconds = service.age_median + 0.5 / share->fps;
  }
  const double bytes = update_bytes(scene, scene.fps / service.update.fps);
  service.cores = whole * cpu_of(service.whole.fps, whole_frame_bytes(scene), 1) +
                  update * cpu_of(service.update.fps, bytes, kCpuOfUpdate);
  return service;
}

uint64_t Tree::relays() const {
  return std::accumulate(levels.begin(), levels.end(), uint64_t{0});
}

std::optional<Tree> plan_tree(const Scene& of_camera, const Server& server, double camera_bits,
                              uint64_t viewers, double goal_fps) {
  Scene scene = of_camera;
  Tree tree;
  const Server camera{.bits_per_second = camera_bits, .min_fps = server.min_fps};
  if (viewers <= room_for(scene, camera, goal_fps)) {
    tree.goal_fps = goal_fps;
    tree.last = serve(scene, camera, viewers, scene.fps, first_age(scene));
  } else {
    tree.pulls_updates = update_rate(scene, scene.fps) < whole_rate(scene, scene.fps);
    scene.divided |= tree.pulls_updates;
    if (!add_relays(scene, server, camera_bits, viewers, goal_fps, tree)) return std::nullopt;
  }
  const Service& last = tree.last;
  const auto whole = double(last.whole_viewers);
  const auto update = double(last.update_viewers);
  tree.viewers_rate = double(viewers) / (whole + update) *
                      (whole * last.whole.bytes_per_second + update * last.update.bytes_per_second);
  tree.relays_rate = double(tree.relays()) * tree.pull_rate;
  return tree;
}

}  // namespace fanlight
