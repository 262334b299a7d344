// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/plan_options.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tools/flags/exit_code.h"
#include "tools/flags/usage.h"

namespace fanlight {
namespace {

using Setter = std::function<void(const std::string&)>;

constexpr long kViewersMax = 100'000'000;

constexpr std::string_view kExamples =
    "  fanlight plan --wire 1Gbit --viewers 5000 --size 1280x720 --changed 10%\n"
    "                    one server, or relays in front of it, and the traffic\n"
    "  fanlight plan --wire 10Gbit --camera-wire 20Mbit --viewers 100000 \\\n"
    "      --size 1280x720 --price 0.01\n"
    "                    a camera behind a thin uplink, relays in a data centre\n";

constexpr const char* kFooter =
    "It computes, with what was measured of servers (bench/SCALING.md), and connects\n"
    "to nothing. Terms:\n"
    "  every       that long after a picture a viewer gets the next one\n"
    "  age         from the capture of a picture until a viewer has it: of half, and\n"
    "              of 95 % of the pictures; without the camera's and the network's own\n"
    "              delay\n"
    "  on screen   the median age of what a viewer looks at: half of 'every' more\n"
    "  wire        all bytes, with the headers from Ethernet to TCP\n"
    "  month       30 days in which all viewers watch all the time\n";

// Adds flags whose mistakes are all reported in the same words.
void add(CLI::App& app, const std::string& flag, const std::string& type, const std::string& help,
         const char* group, Setter set) {
  const auto guarded = [flag, set = std::move(set)](const std::string& text) {
    try {
      set(text);
    } catch (const std::invalid_argument& error) {
      throw StartError(ExitCode::usage, fmt::format("plan: {} {}", flag, error.what()));
    }
  };
  app.add_option_function<std::string>(flag, guarded, help)->type_name(type)->group(group);
}

void add_server_flags(CLI::App& app, PlanOptions& options) {
  constexpr const char* kGroup = "Servers and viewers";
  add(app, "--wire", "RATE", "network of each server, such as 1Gbit", kGroup,
      [&](const std::string& text) { options.wire = parse_rate(text); });
  add(app, "--camera-wire", "RATE",
      "network, or uplink, of the server that has the camera (default: as --wire)", kGroup,
      [&](const std::string& text) { options.camera_wire = parse_rate(text); });
  add(app, "--viewers", "N", "viewers at the same time", kGroup, [&](const std::string& text) {
    options.viewers = static_cast<uint64_t>(parse_integer(text, 1, kViewersMax));
  });
  add(app, "--browsers", "SHARE",
      "of the viewers that show Fanlight's page or /viewer.js, and are sent only what changed; the "
      "others get whole pictures (default: 50%)",
      kGroup, [&](const std::string& text) { options.browsers = parse_share(text); });
  add(app, "--min-fps", "N",
      "no viewer gets fewer pictures a second; one too many is refused (default: 0.5)", kGroup,
      [&](const std::string& text) { options.min_fps = parse_number(text, 0.01, 240); });
}

void add_picture_flags(CLI::App& app, PlanOptions& options) {
  constexpr const char* kGroup = "Pictures";
  add(app, "--size", "WxH", "of a picture, in pixels", kGroup,
      [&](const std::string& text) { options.size = parse_picture_size(text); });
  add(app, "--picture", "BYTES",
      "of a JPEG, such as 44000 or 100K; /snapshot shows what yours have (default: 0.048 a pixel, "
      "44 KB at 1280x720; detail and noise need up to three times as many)",
      kGroup, [&](const std::string& text) {
        options.picture_bytes = parse_size(text);
        if (options.picture_bytes >= 1000 && options.picture_bytes <= 64 << 20) return;
        throw std::invalid_argument(fmt::format("'{}': a size from 1000 to 64M is expected", text));
      });
  add(app, "--fps", "N", "pictures a second of the camera (default: 30)", kGroup,
      [&](const std::string& text) { options.fps = parse_number(text, 0.01, 240); });
  add(app, "--changed", "SHARE",
      "of a picture that changes from one to the next (default: 10%; a square with pedestrians has "
      "11%, whatever a camera sees that pans 100%)",
      kGroup, [&](const std::string& text) { options.changed = parse_share(text); });
}

void add_report_flags(CLI::App& app, PlanOptions& options) {
  constexpr const char* kGroup = "Report";
  add(app, "--price", "N", "of a GB of traffic, in any currency", kGroup,
      [&](const std::string& text) { options.price = parse_number(text, 0, 1000); });
  app.add_flag("--json", options.json, "print JSON")->group(kGroup);
}

[[noreturn]] void refuse(std::string_view why) {
  throw StartError(ExitCode::usage, fmt::format("plan: {}; see fanlight plan --help", why));
}

void complete(PlanOptions& options) {
  if (options.wire == 0) refuse("--wire is missing");
  if (options.viewers == 0) refuse("--viewers is missing");
  if (options.size.width == 0) refuse("--size is missing");
  if (options.min_fps > options.fps) {
    refuse(fmt::format("--min-fps {} is more than --fps {}", options.min_fps, options.fps));
  }
  if (options.camera_wire == 0) options.camera_wire = options.wire;
  if (options.picture_bytes != 0) return;
  const double pixels = double(options.size.width) * options.size.height;
  options.picture_bytes =
      std::max<uint64_t>(1000, static_cast<uint64_t>(std::llround(pixels * kBytesPerPixel)));
}

}  // namespace

std::optional<PlanOptions> parse_plan_options(std::span<const std::string> arguments) {
  CLI::App app("Computes what viewers of a camera get, and how many relays they need.",
               "fanlight plan");
  app.set_help_flag("-h,--help", "print this, and exit")->group("Other");
  app.allow_extras();
  app.footer(kFooter);
  PlanOptions options;
  add_server_flags(app, options);
  add_picture_flags(app, options);
  add_report_flags(app, options);
  std::vector<const char*> words = {"fanlight plan"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  const auto count = static_cast<int>(words.size());
  try {
    app.parse(count, words.data());
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_text(app, kExamples));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    refuse(error.what());
  }
  const std::vector<std::string> left = app.remaining();
  if (!left.empty()) refuse(unknown_flag(left.front(), all_flags(app)));
  complete(options);
  return options;
}

}  // namespace fanlight
