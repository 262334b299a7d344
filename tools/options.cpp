// SPDX-License-Identifier: Apache-2.0
#include "tools/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cctype>
#include <functional>
#include <stdexcept>

#include "capture/source_table.h"
#include "tools/exit_code.h"
#include "tools/units.h"
#include "tools/version.h"

namespace fanlight {
namespace {

constexpr std::string_view kDefaultListen = "127.0.0.1:5000";

bool is_camera_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// "HEADER_TIMEOUT" for "--header-timeout": every flag can also come from the environment.
std::string environment_name(std::string_view flag) {
  std::string name = "FANLIGHT_";
  for (const char c : flag.substr(2)) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// Adds flags whose values are parsed by our own functions, so that every mistake is answered in
// the same words.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  void group(std::string name) { group_ = std::move(name); }

  void value(const std::string& flag, const std::string& type, const std::string& help,
             std::function<void(const std::string&)> set) {
    app_.add_option_function<std::string>(flag, guarded(flag, std::move(set)), help)
        ->type_name(type)
        ->group(group_)
        ->envname(environment_name(flag));
  }

  void values(const std::string& flag, const std::string& type, const std::string& help,
              std::function<void(const std::string&)> add) {
    auto set = guarded(flag, std::move(add));
    app_.add_option_function<std::vector<std::string>>(
            flag,
            [set](const std::vector<std::string>& texts) {
              for (const std::string& text : texts) set(text);
            },
            help)
        ->type_name(type)
        ->group(group_)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->envname(environment_name(flag));
  }

  void toggle(const std::string& flag, const std::string& help, bool& target) {
    app_.add_flag(flag, target, help)->group(group_)->envname(environment_name(flag));
  }

 private:
  static std::function<void(const std::string&)> guarded(
      const std::string& flag, std::function<void(const std::string&)> set) {
    return [flag, set = std::move(set)](const std::string& text) {
      try {
        set(text);
      } catch (const std::invalid_argument& error) {
        throw StartError(ExitCode::usage, fmt::format("{} {}", flag, error.what()));
      }
    };
  }

  CLI::App& app_;
  std::string group_;
};

template <class Value>
Value choose(const std::string& text,
             std::initializer_list<std::pair<std::string_view, Value>> choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  throw std::invalid_argument(
      fmt::format("'{}': one of {} is expected", text, fmt::join(names, ", ")));
}

void add_camera_flags(Flags& flags, Options& options, CameraOptions& single) {
  std::string kinds;
  for (const SourceKind& kind : source_kinds()) kinds += fmt::format("\n    {}", kind.help);
  flags.group("Camera");
  flags.value("--source", "SPEC", "where the pictures come from (default: emulator)" + kinds,
              [&](const std::string& text) {
                if (text.empty()) throw std::invalid_argument("'': a source is expected");
                single.source = text;
                options.source_was_given = true;
              });
  flags.values("--camera", "NAME=SPEC[,size=WxH][,fps=N][,quality=N]",
               "a camera under /cameras/NAME/; repeatable", [&](const std::string& text) {
                 options.cameras.push_back(parse_camera(text));
                 options.source_was_given = true;
               });
  flags.value("--fps", "N", "pictures per second (default: the source's own)",
              [&](const std::string& text) { single.fps = parse_number(text, 0.01, 240); });
  flags.value("--size", "WxH", "size of the pictures (default: the source's own)",
              [&](const std::string& text) {
                const PictureSize size = parse_picture_size(text);
                single.width = size.width;
                single.height = size.height;
              });
  flags.value("--quality", "1..100", "JPEG quality (default: 80)", [&](const std::string& text) {
    single.quality = static_cast<int>(parse_integer(text, 1, 100));
  });
  flags.value(
      "--camera-stall-timeout", "TIME",
      "without a picture for this long viewers see a slate (default: 2s)",
      [&](const std::string& text) { options.camera_stall_timeout = parse_duration(text); });
  flags.value("--capture-idle", "TIME|off",
              "stop the camera when nobody watched for this long (default: off)",
              [&](const std::string& text) { options.capture_idle = parse_duration_or_off(text); });
}

void add_server_flags(Flags& flags, Options& options) {
  flags.group("Server");
  flags.values(
      "--listen", "ADDR:PORT|unix:PATH",
      fmt::format("where to listen; repeatable (default: {})", kDefaultListen),
      [&](const std::string& text) { options.listen.push_back(parse_listen_address(text)); });
  flags.value("--shards", "N|auto", "threads that serve viewers (default: auto, one per CPU)",
              [&](const std::string& text) {
                options.shards =
                    text == "auto" ? 0 : static_cast<unsigned>(parse_integer(text, 1, 256));
              });
  flags.value("--cors-origin", "ORIGIN", "send Access-Control-Allow-Origin with this value",
              [&](const std::string& text) {
                const bool clean = std::all_of(text.begin(), text.end(),
                                               [](char c) { return c > ' ' && c < 0x7f; });
                if (!clean || text.empty() || text.size() > 200) {
                  throw std::invalid_argument(fmt::format(
                      "'{}': an origin such as https://example.org or * is expected", text));
                }
                options.cors_origin = text;
              });
  flags.group("Limits");
  flags.value("--max-viewers", "N", "streams at once (default: what descriptors allow, to 10000)",
              [&](const std::string& text) {
                options.max_viewers = static_cast<size_t>(parse_integer(text, 1, 1'000'000));
              });
  flags.value("--max-viewers-per-address", "N|off",
              "streams at once from one address, IPv6 by /64 (default: off)",
              [&](const std::string& text) {
                options.max_viewers_per_address =
                    text == "off" ? 0 : static_cast<size_t>(parse_integer(text, 1, 1'000'000));
              });
  flags.value("--max-egress", "RATE|auto|off",
              "what the network carries, as 1Gbit; 95 % of it is used, and spread evenly\n"
              "(default: auto, the speed of the link where the kernel knows it)",
              [&](const std::string& text) {
                options.max_egress.reset();
                if (text != "auto") options.max_egress = text == "off" ? 0 : parse_rate(text);
              });
  flags.value("--min-fps", "N",
              "refuse a viewer when the network has less than this for each (default: 0.5)",
              [&](const std::string& text) { options.min_fps = parse_number(text, 0.01, 240); });
  flags.value(
      "--viewer-stall-timeout", "TIME",
      "close a viewer that takes no byte for this long (default: 10s)",
      [&](const std::string& text) { options.viewer_stall_timeout = parse_duration(text); });
  flags.value("--header-timeout", "TIME",
              "time for a request, counted from its first byte (default: 10s)",
              [&](const std::string& text) { options.header_timeout = parse_duration(text); });
  flags.value("--idle-timeout", "TIME", "close an idle connection after this (default: 75s)",
              [&](const std::string& text) { options.idle_timeout = parse_duration(text); });
}

void add_other_flags(Flags& flags, Options& options) {
  flags.group("Expert, may change");
  flags.value("--backend", "auto|uring|epoll", "how to talk to the kernel (default: auto)",
              [&](const std::string& text) {
                options.backend = choose<BackendKind>(text, {{"auto", BackendKind::automatic},
                                                             {"uring", BackendKind::uring},
                                                             {"epoll", BackendKind::epoll}});
              });
  flags.value("--zero-copy", "auto|on|off",
              "let the network card read frames from memory, or copy them (default: auto,\n"
              "where the kernel says that it makes no copy)",
              [&](const std::string& text) {
                options.zero_copy = choose<ZeroCopyMode>(text, {{"auto", ZeroCopyMode::automatic},
                                                                {"on", ZeroCopyMode::on},
                                                                {"off", ZeroCopyMode::off}});
              });
  flags.value("--frame-memory", "SIZE", "memory for the frames of a camera (default: 64M)",
              [&](const std::string& text) {
                options.frame_memory = parse_size(text);
                if (options.frame_memory < (1 << 20)) {
                  throw std::invalid_argument(fmt::format("'{}': 1M is the least", text));
                }
              });
  flags.value("--ring-slots", "2|4|8|16|32|auto",
              "newest frames kept whole, before slow viewers share (default: auto,\n"
              "a quarter of a second of them, 8 to 32)",
              [&](const std::string& text) {
                options.ring_slots = 0;
                if (text == "auto") return;
                const auto slots = static_cast<size_t>(parse_integer(text, 2, 32));
                if (!std::has_single_bit(slots)) {
                  throw std::invalid_argument(
                      fmt::format("'{}': a power of two from 2 to 32 is expected", text));
                }
                options.ring_slots = slots;
              });
  flags.value("--send-buffer", "SIZE|auto",
              "SO_SNDBUF of a viewer's socket (default: auto, the kernel's own)",
              [&](const std::string& text) {
                options.send_buffer = text == "auto" ? 0 : parse_size(text);
                if (options.send_buffer > (size_t{1} << 30)) {
                  throw std::invalid_argument(fmt::format("'{}': at most 1G is possible", text));
                }
              });
  flags.toggle("--pin-cpus", "bind each shard to a CPU of its own", options.pin_cpus);
  flags.group("Other");
  flags.value("--log-level", "error|warning|info|debug", "what is logged (default: info)",
              [&](const std::string& text) {
                options.log_level = choose<LogLevel>(text, {{"error", LogLevel::error},
                                                            {"warning", LogLevel::warning},
                                                            {"info", LogLevel::info},
                                                            {"debug", LogLevel::debug}});
              });
}

// The camera that --source and its fellows describe comes first; the root URLs are its.
void finish_cameras(Options& options, CameraOptions single) {
  if (single.source.empty() && options.cameras.empty()) single.source = "emulator";
  if (!single.source.empty()) {
    single.name = "camera";
    options.cameras.insert(options.cameras.begin(), single);
  }
  if (single.source.empty() && (single.width != 0 || single.fps != 0)) {
    throw StartError(ExitCode::usage,
                     "--size and --fps belong to --source; with --camera write "
                     "NAME=SPEC,size=WxH,fps=N");
  }
  for (size_t i = 0; i < options.cameras.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (options.cameras[i].name != options.cameras[j].name) continue;
      throw StartError(ExitCode::usage, fmt::format("--camera '{}': the name is taken twice",
                                                    options.cameras[i].name));
    }
  }
}

}  // namespace

CameraOptions parse_camera(std::string_view text) {
  CameraOptions camera;
  const size_t equals = std::min(text.find('='), text.size());
  camera.name = text.substr(0, equals);
  if (!is_camera_name(camera.name) || equals == text.size()) {
    throw std::invalid_argument(fmt::format(
        "'{}': NAME=SPEC is expected, the name of 1 to 32 characters a-z, 0-9 and -", text));
  }
  std::string_view rest = text.substr(equals + 1);
  const size_t comma = std::min(rest.find(','), rest.size());
  camera.source = rest.substr(0, comma);
  if (camera.source.empty()) {
    throw std::invalid_argument(fmt::format("'{}': a source is expected behind the name", text));
  }
  rest.remove_prefix(comma);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view pair = rest.substr(0, std::min(rest.find(','), rest.size()));
    rest.remove_prefix(pair.size());
    if (pair.starts_with("size=")) {
      const PictureSize size = parse_picture_size(pair.substr(5));
      camera.width = size.width;
      camera.height = size.height;
    } else if (pair.starts_with("fps=")) {
      camera.fps = parse_number(pair.substr(4), 0.01, 240);
    } else if (pair.starts_with("quality=")) {
      camera.quality = static_cast<int>(parse_integer(pair.substr(8), 1, 100));
    } else {
      throw std::invalid_argument(
          fmt::format("'{}': size=WxH, fps=N or quality=N is expected", pair));
    }
  }
  return camera;
}

std::optional<Options> parse_options(int argc, const char* const* argv) {
  CLI::App app("Fanlight shows one camera, live, to thousands of browsers.", "fanlight");
  app.set_version_flag("--version", version_text());
  app.get_formatter()->column_width(44);
  Options options;
  CameraOptions single;
  Flags flags(app);
  add_camera_flags(flags, options, single);
  add_server_flags(flags, options);
  add_other_flags(flags, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success);  // prints the help or the version
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw StartError(ExitCode::usage, fmt::format("{}; see fanlight --help", error.what()));
  }
  finish_cameras(options, std::move(single));
  if (options.listen.empty()) options.listen.push_back(parse_listen_address(kDefaultListen));
  return options;
}

}  // namespace fanlight
