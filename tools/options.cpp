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

// What flags say of cameras, until they are put together.
struct CameraFlags {
  CameraOptions single;  // --source and its fellows
  std::vector<CameraOptions> others;
  std::vector<std::string> controls;
};

void add_camera_flags(Flags& flags, Options& options, CameraFlags& cameras) {
  std::string kinds = "\n    auto: the first camera that is there (--list-devices)";
  for (const SourceKind& kind : source_kinds()) kinds += fmt::format("\n    {}", kind.help);
  flags.group("Camera");
  flags.value("--source", "SPEC", "where the pictures come from (default: emulator)" + kinds,
              [&](const std::string& text) {
                if (text.empty()) throw std::invalid_argument("'': a source is expected");
                cameras.single.source = text;
                options.source_was_given = true;
              });
  flags.values("--camera", "NAME=SPEC[,key=value]...",
               "a camera under /cameras/NAME/, keys are size, fps, quality, rotate and\n"
               "mirror; repeatable",
               [&](const std::string& text) {
                 cameras.others.push_back(parse_camera(text));
                 options.source_was_given = true;
               });
  const auto shape = [&](const char* key, const char* type, const char* help) {
    flags.value(fmt::format("--{}", key), type, help, [&cameras, key](const std::string& text) {
      set_camera_option(cameras.single, key, text);
    });
  };
  shape("fps", "N", "pictures per second (default: the source's own)");
  shape("size", "WxH", "size of the pictures (default: the source's own)");
  shape("quality", "1..100", "of JPEGs that are encoded here (default: 80)");
  shape("rotate", "0|90|180|270", "turn the pictures clockwise (default: 0)");
  shape("mirror", "on|off", "swap left and right, after that (default: off)");
  flags.values("--control", "[CAMERA/]NAME=VALUE",
               "set a control, as brightness=128; --list-devices has their names; repeatable",
               [&](const std::string& text) { cameras.controls.push_back(text); });
  flags.toggle("--allow-control", "let clients set controls (PATCH /cameras/NAME/controls)",
               options.allow_control);
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

void add_encoder_flags(Flags& flags, Options& options) {
  flags.group("Expert, may change");
  flags.value("--encode-threads", "N|auto",
              "threads that encode the pictures of a camera; 0: its own (default: auto, as\n"
              "many as there are other CPUs, at most 4)",
              [&](const std::string& text) {
                options.encode_threads.reset();
                if (text == "auto") return;
                options.encode_threads = static_cast<unsigned>(parse_integer(text, 0, 16));
              });
  flags.value("--encoder", "auto|cpu|m2m",
              "who encodes: the CPU, or a V4L2 device as on a Pi 4 (default: auto, a\n"
              "device where there is one)",
              [&](const std::string& text) {
                options.encoder = choose<EncoderChoice>(text, {{"auto", EncoderChoice::automatic},
                                                               {"cpu", EncoderChoice::cpu},
                                                               {"m2m", EncoderChoice::m2m}});
              });
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
  flags.toggle("--list-devices", "print the cameras that are there, and what they can do",
               options.list_devices);
  flags.value("--log-level", "error|warning|info|debug", "what is logged (default: info)",
              [&](const std::string& text) {
                options.log_level = choose<LogLevel>(text, {{"error", LogLevel::error},
                                                            {"warning", LogLevel::warning},
                                                            {"info", LogLevel::info},
                                                            {"debug", LogLevel::debug}});
              });
}

}  // namespace

std::optional<Options> parse_options(int argc, const char* const* argv) {
  CLI::App app("Fanlight shows one camera, live, to thousands of browsers.", "fanlight");
  app.set_version_flag("--version", version_text());
  app.get_formatter()->column_width(44);
  Options options;
  CameraFlags cameras;
  Flags flags(app);
  add_camera_flags(flags, options, cameras);
  add_server_flags(flags, options);
  add_encoder_flags(flags, options);
  add_other_flags(flags, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success);  // prints the help or the version
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw StartError(ExitCode::usage, fmt::format("{}; see fanlight --help", error.what()));
  }
  options.cameras =
      put_cameras_together(std::move(cameras.single), std::move(cameras.others), cameras.controls);
  if (options.listen.empty()) options.listen.push_back(parse_listen_address(kDefaultListen));
  return options;
}

}  // namespace fanlight
