// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/plan.h"

#include <fmt/core.h>

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "tools/commands/scaling_model.h"

namespace fanlight {
namespace {

constexpr double kSecondsOfMonth = 30.0 * 24 * 3600;
constexpr double kGigabyte = 1e9;

template <class... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// "47.1 Mbit/s"
std::string bits(double bytes_per_second) {
  const double value = bytes_per_second * 8;
  if (value >= 1e9) return fmt::format("{:.3g} Gbit/s", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.3g} Mbit/s", value / 1e6);
  return fmt::format("{:.3g} Kbit/s", value / 1e3);
}

std::string count_of(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

double bytes_of_all(const Service& service) {
  return double(service.whole_viewers) * service.whole.bytes_per_second +
         double(service.update_viewers) * service.update.bytes_per_second;
}

double gigabytes_a_month(double bytes_per_second) {
  return bytes_per_second * kSecondsOfMonth / kGigabyte;
}

Scene scene_of(const PlanOptions& options) {
  return {.pixels = double(options.size.width) * options.size.height,
          .picture_bytes = double(options.picture_bytes),
          .fps = options.fps,
          .changed = options.changed,
          .browsers = options.browsers,
          .divided = options.browsers > 0};
}

Server server_of(const PlanOptions& options) {
  return {.bits_per_second = double(options.wire), .min_fps = options.min_fps};
}

// --- text ---

void append_share(std::string& out, std::string_view kind, uint64_t viewers, const Share& share) {
  if (viewers == 0) return;
  append(out, "  {:<16}{:>9}{:>9.2f}{:>9.0f} ms{:>10.1f}{:>9.0f} ms\n", kind, viewers, share.fps,
         1000 / share.fps, share.bytes_per_second / 1000, 1000 * share.screen_seconds);
}

void append_service(std::string& out, const Service& service) {
  append(out, "  {:<16}{:>9}{:>9}{:>12}{:>10}{:>12}\n", "a server's", "viewers", "fps", "every",
         "KB/s each", "on screen");
  append_share(out, "whole pictures", service.whole_viewers, service.whole);
  append_share(out, "updates", service.update_viewers, service.update);
  append(out, "  age {:.0f} ms, p95 {:.0f} ms; {:.0f} % of its wire's budget, {:.2g} cores\n",
         1000 * service.age_median, 1000 * service.age_p95, 100 * service.use, service.cores);
  if (service.refused > 0) append(out, "  {} refused\n", count_of(service.refused, "viewer"));
}

void append_traffic(std::string& out, const PlanOptions& options, double bytes_per_second) {
  const double gigabytes = gigabytes_a_month(bytes_per_second);
  const bool is_small = gigabytes < 1000;
  append(out, "  traffic {}, {:.1f} {} a month", bits(bytes_per_second),
         is_small ? gigabytes : gigabytes / 1000, is_small ? "GB" : "TB");
  if (options.price) append(out, ", for {:.2f}", gigabytes * *options.price);
  out += '\n';
}

void append_levels(std::string& out, const Tree& tree) {
  append(out, "  {}: the camera's server feeds {}", count_of(tree.relays(), "relay"),
         tree.levels.front());
  for (size_t level = 1; level < tree.levels.size(); ++level) {
    append(out, ", which feed {}", tree.levels[level]);
  }
  append(out, "\n  a relay pulls {}, {} at {:.3g} fps; a wire feeds {}, the camera's {}\n",
         tree.pulls_updates ? "updates" : "whole pictures", bits(tree.pull_rate), tree.pull_fps,
         tree.fan_out, tree.camera_fan_out);
}

void append_tree(std::string& out, const PlanOptions& options, const std::optional<Tree>& tree) {
  if (!tree) {
    out +=
        "  not possible: a wire carries not even one viewer, or one relay, at that rate, or\n"
        "  relays would have to feed relays over a wire that carries only one\n";
    return;
  }
  if (tree->levels.empty()) {
    out += "  no relay: the camera's server serves all, as above\n";
    return;
  }
  append_levels(out, *tree);
  append_service(out, tree->last);
  append_traffic(out, options, tree->viewers_rate + tree->relays_rate);
}

// --- JSON ---

std::string share_json(uint64_t viewers, const Share& share) {
  if (viewers == 0) return "null";
  return fmt::format(
      R"({{"viewers":{},"fps":{:.3f},"bytes_per_second":{:.0f},"screen_ms":{:.1f}}})", viewers,
      share.fps, share.bytes_per_second, 1000 * share.screen_seconds);
}

std::string service_json(const Service& service) {
  return fmt::format(
      R"({{"whole":{},"updates":{},"refused":{},"use":{:.4f},)"
      R"("age_ms":{{"p50":{:.1f},"p95":{:.1f}}},"cores":{:.4f}}})",
      share_json(service.whole_viewers, service.whole),
      share_json(service.update_viewers, service.update), service.refused, service.use,
      1000 * service.age_median, 1000 * service.age_p95, service.cores);
}

std::string traffic_json(const PlanOptions& options, double bytes_per_second) {
  const double gigabytes = gigabytes_a_month(bytes_per_second);
  return fmt::format(R"({{"bytes_per_second":{:.0f},"gb_per_month":{:.1f},"price":{}}})",
                     bytes_per_second, gigabytes,
                     options.price ? fmt::format("{:.2f}", gigabytes * *options.price) : "null");
}

std::string tree_json(const PlanOptions& options, const std::optional<Tree>& tree) {
  if (!tree) return "null";
  std::string levels;
  for (const uint64_t level : tree->levels)
    append(levels, "{}{}", levels.empty() ? "" : ",", level);
  return fmt::format(
      R"({{"goal_fps":{:.3f},"relays":{},"levels":[{}],"fan_out":{},"camera_fan_out":{},)"
      R"("pulls_updates":{},"pull_fps":{:.3f},"pull_bytes_per_second":{:.0f},"server":{},)"
      R"("traffic":{}}})",
      tree->goal_fps, tree->relays(), levels, tree->fan_out, tree->camera_fan_out,
      tree->pulls_updates, tree->pull_fps, tree->pull_rate, service_json(tree->last),
      traffic_json(options, tree->viewers_rate + tree->relays_rate));
}

}  // namespace

std::string plan_text(const PlanOptions& options) {
  const Scene scene = scene_of(options);
  const Server server = server_of(options);
  const auto camera = double(options.camera_wire);
  const Service one = serve(scene, {.bits_per_second = camera, .min_fps = options.min_fps},
                            options.viewers, scene.fps, first_age(scene));
  const auto least = plan_tree(scene, server, camera, options.viewers, options.min_fps);
  const auto all = plan_tree(scene, server, camera, options.viewers, options.fps);
  if (options.json) {
    return fmt::format(R"({{"picture_bytes":{},"update_bytes":{:.0f},"one_server":{},"traffic":{},)"
                       R"("at_least_min_fps":{},"every_picture":{}}})"
                       "\n",
                       options.picture_bytes, update_bytes(scene, 1), service_json(one),
                       traffic_json(options, bytes_of_all(one)), tree_json(options, least),
                       tree_json(options, all));
  }
  std::string out = fmt::format(
      "{}x{} at {} fps, {:.3g} % changed: a picture has {:.1f} KB, an update {:.1f} KB\n"
      "{}, {:.3g} % of them in browsers\n\nThe camera's server alone, on {}:\n",
      options.size.width, options.size.height, options.fps, 100 * options.changed,
      double(options.picture_bytes) / 1000, update_bytes(scene, 1) / 1000,
      count_of(options.viewers, "viewer"), 100 * options.browsers, bits(camera / 8));
  append_service(out, one);
  append_traffic(out, options, bytes_of_all(one));
  append(out, "\nAt least {} fps for all, relays on {}:\n", options.min_fps,
         bits(double(options.wire) / 8));
  append_tree(out, options, least);
  append(out, "\nEvery picture for all, relays on {}:\n", bits(double(options.wire) / 8));
  append_tree(out, options, all);
  return out;
}

void run_plan(std::span<const std::string> arguments) {
  const std::optional<PlanOptions> options = parse_plan_options(arguments);
  if (options) fmt::print("{}", plan_text(*options));
}

}  // namespace fanlight
