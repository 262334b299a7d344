// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_options.h"

#include <fmt/core.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "core/random.h"
#include "tools/flags/exit_code.h"
#include "tools/flags/units.h"
#include "tools/flags/usage.h"
#include "tools/load/target.h"

namespace fanlight {
namespace {

using Setter = std::function<void(const std::string&)>;

constexpr std::string_view kExamples =
    "  fanlight-load http://127.0.0.1:5000/stream\n"
    "                    100 viewers for 10 seconds\n"
    "  fanlight-load -c 1000 -d 30s --pid $(pidof -s fanlight) \\\n"
    "      http://127.0.0.1:5000/stream\n"
    "                    also what the server needed for them\n"
    "  fanlight-load -c 200 --ramp 20s --slow 10% --stalled 5 \\\n"
    "      http://10.0.0.7:8080/?action=stream\n"
    "                    some of them on thin lines, five that do not read at all\n";

constexpr const char* kFooter =
    "Terms in the report:\n"
    "  frames      that each viewer got in the measured time: the fewest, the most\n"
    "              that the worst 5 % got (p5), the median, the most, the mean\n"
    "  fairness    1: all viewers got equally many; 1/N: one got all (Jain's index)\n"
    "  age         from the capture of a frame (X-Timestamp) to its last byte here;\n"
    "              of half, 95 % and 99 % of the frames, and of the oldest\n"
    "  skipped     frames that viewers did not get, by the gaps in X-Sequence: a\n"
    "              server sends the newest, and none of what a slow line has missed\n"
    "  loss        the share of skipped frames\n"
    "  first frame from connect() to the last byte of a viewer's first frame\n"
    "  torn        frames that are not as long as announced, or not a whole JPEG\n"
    "  falling     frames older than the one before; neither may ever happen\n"
    "  repeats     a frame sent again, so that no viewer waits too long for a byte\n"
    "  skew        from the first viewer that has a frame to the last one\n"
    "  rank        of the viewers that are served first and last on average\n"
    "  broken      with --segments: updates that do not fit, or pictures not whole\n"
    "\n"
    "Exit code: 0; 1 when a frame was torn or broken, a sequence fell, or a viewer\n"
    "was disconnected or never got a frame; 64 bad flag; 69 the server cannot be\n"
    "reached or gives no viewer a stream; 71 this machine is too small.";

// Adds flags whose mistakes are all reported in the same words.
class LoadFlags {
 public:
  explicit LoadFlags(CLI::App& app) : app_(app) {}

  void group(std::string name) { group_ = std::move(name); }

  // `flag` may begin with letters: "-c,--viewers".
  void value(const std::string& flag, const std::string& type, const std::string& help,
             Setter set) {
    const std::string name = flag.substr(flag.rfind(',') + 1);
    app_.add_option_function<std::string>(flag, guarded(name, std::move(set)), help)
        ->type_name(type)
        ->group(group_);
  }

  void amount(const std::string& flag, const std::string& help, Amount& target) {
    value(flag, "N|P%", help, [&target](const std::string& text) { target = parse_amount(text); });
  }

  void duration_or_0(const std::string& flag, const std::string& help, Duration& target) {
    value(flag, "TIME", help, [&target](const std::string& text) {
      target = text == "0" ? Duration::zero() : parse_duration(text);
    });
  }

  void buffer(const std::string& flag, const std::string& help, size_t& target) {
    value(flag, "SIZE", help, [&target](const std::string& text) {
      target = parse_size(text);
      if (target == 0 || target > (size_t{1} << 30)) {
        throw std::invalid_argument(fmt::format("'{}': a size from 1 to 1G is expected", text));
      }
    });
  }

 private:
  static Setter guarded(const std::string& flag, Setter set) {
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

void add_run_flags(LoadFlags& flags, LoadOptions& options) {
  flags.group("Run");
  flags.value("-c,--viewers", "N", "concurrent viewers (default: 100)",
              [&](const std::string& text) {
                options.viewers = static_cast<size_t>(parse_integer(text, 1, 1'000'000));
              });
  flags.value("-d,-z,--duration", "TIME", "the measured time, after the start (default: 10s)",
              [&](const std::string& text) { options.duration = parse_duration(text); });
  flags.duration_or_0("--ramp", "spread the connects over this time (default: 0, all at once)",
                      options.ramp);
  flags.duration_or_0("--settle",
                      "longest wait for first frames between the last connect and the measurement "
                      "(default: 2s)",
                      options.settle);
  flags.value("-t,--threads", "N", "threads that receive (default: 1)",
              [&](const std::string& text) {
                options.threads = static_cast<unsigned>(parse_integer(text, 1, 256));
              });
  flags.value("--cpus", "LIST", "bind the threads to these CPUs in turn: 1 or 0-3,5",
              [&](const std::string& text) { options.cpus = parse_cpu_list(text); });
  flags.value("--seed", "N", "of the random numbers (default: 1)", [&](const std::string& text) {
    options.seed = static_cast<uint64_t>(parse_integer(text, 0, INT64_MAX));
  });
}

void add_viewer_flags(LoadFlags& flags, LoadOptions& options) {
  flags.group("Viewers");
  flags.amount("--slow", "viewers that read at --slow-rate", options.slow);
  flags.value("--slow-rate", "RATE", "bytes per second of a slow viewer (default: 50K)",
              [&](const std::string& text) {
                options.slow_rate = parse_size(text);
                if (options.slow_rate == 0) {
                  throw std::invalid_argument("'0': at least 1 is expected");
                }
              });
  flags.buffer("--slow-receive-buffer", "SO_RCVBUF of the slow ones (default: the kernel's)",
               options.slow_receive_buffer);
  flags.buffer("--receive-buffer", "SO_RCVBUF of the others (default: the kernel's)",
               options.receive_buffer);
  flags.amount("--stalled", "viewers that read the head and one byte, and stay", options.stalled);
  flags.amount("--resetting", "viewers that reset after their first frame, and reconnect",
               options.resetting);
  flags.amount("--vanishing", "viewers that leave in the middle of a frame, and reconnect",
               options.vanishing);
}

void add_report_flags(LoadFlags& flags, LoadOptions& options) {
  flags.group("Checks and report");
  flags.value("--check-every", "N", "check every Nth part of each viewer as a whole (default: 64)",
              [&](const std::string& text) {
                options.check_every = static_cast<uint32_t>(parse_integer(text, 1, 1'000'000'000));
              });
  flags.value("--pid", "PID", "the server's process, for its CPU time and memory",
              [&](const std::string& text) {
                options.pid = static_cast<pid_t>(parse_integer(text, 1, INT32_MAX));
              });
  flags.value("--json", "FILE|-",
              "write the result as JSON; - is standard output, without the table",
              [&](const std::string& text) { options.json = text; });
}

// Words that are neither flags nor the URL.
void check_words(const CLI::App& app, const LoadOptions& options) {
  const std::vector<std::string> left = app.remaining();
  if (left.empty()) return;
  const auto is_flag = [](const std::string& word) { return word.starts_with('-'); };
  const auto flag = std::find_if(left.begin(), left.end(), is_flag);
  std::string line = unknown_flag(flag == left.end() ? left.front() : *flag, all_flags(app));
  const bool is_number = options.url.find_first_not_of("0123456789") == std::string::npos;
  if (flag == left.end() && options.pid != 0 && is_number) {
    line = fmt::format("--pid takes one process, and '{}' is another; pidof -s finds one",
                       options.url);
  }
  throw StartError(ExitCode::usage, line + "; see fanlight-load --help");
}

void check_header(const std::string& text) {
  if (text.find_first_of("\r\n") != std::string::npos) {
    throw StartError(ExitCode::usage, "--header: it contains a line break");
  }
  const size_t colon = text.find(':');
  if (colon != std::string::npos && colon > 0) return;
  throw StartError(ExitCode::usage, fmt::format("--header '{}': 'Name: value' is expected", text));
}

void check_kinds(const LoadOptions& options) {
  const size_t others = options.slow.of(options.viewers) + options.stalled.of(options.viewers) +
                        options.resetting.of(options.viewers) +
                        options.vanishing.of(options.viewers);
  if (others <= options.viewers) return;
  throw StartError(ExitCode::usage,
                   fmt::format("--slow, --stalled, --resetting and --vanishing are {} viewers "
                               "together, more than --viewers {}",
                               others, options.viewers));
}

}  // namespace

size_t Amount::of(size_t viewers) const {
  const double exact = is_percent ? value * static_cast<double>(viewers) / 100 : value;
  return static_cast<size_t>(std::llround(exact));
}

Amount parse_amount(std::string_view text) {
  if (text.ends_with('%')) return {parse_number(text.substr(0, text.size() - 1), 0, 100), true};
  return {static_cast<double>(parse_integer(text, 0, 1'000'000)), false};
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  std::string_view rest = text;
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view range = rest.substr(0, comma);
    const size_t colon = std::min(range.find(':'), range.size());
    const int step = colon < range.size()
                         ? static_cast<int>(parse_integer(range.substr(colon + 1), 1, CPU_SETSIZE))
                         : 1;
    range = range.substr(0, colon);
    const size_t dash = std::min(range.find('-'), range.size());
    const auto low = static_cast<int>(parse_integer(range.substr(0, dash), 0, CPU_SETSIZE - 1));
    const int high =
        dash < range.size()
            ? static_cast<int>(parse_integer(range.substr(dash + 1), low, CPU_SETSIZE - 1))
            : low;
    for (int cpu = low; cpu <= high; cpu += step) cpus.push_back(cpu);
    if (comma == rest.size()) return cpus;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<LoadOptions> parse_load_options(int argc, const char* const* argv) {
  CLI::App app("Runs many viewers of an MJPEG stream and checks every part they get.",
               "fanlight-load");
  app.set_help_flag("-h,--help", "print this, and exit")->group("Other");
  app.set_version_flag("--version", "fanlight-load " FANLIGHT_VERSION,
                       "print the version, and exit")
      ->group("Other");
  app.allow_extras();
  app.footer(kFooter);
  LoadOptions options;
  LoadFlags flags(app);
  app.add_option("URL", options.url,
                 "http://HOST:PORT/PATH of a stream; or https://, the certificate is not checked")
      ->required()
      ->type_name("");
  add_run_flags(flags, options);
  add_viewer_flags(flags, options);
  add_report_flags(flags, options);
  app.add_option("-H,--header", options.headers, "sent with each request; repeatable")
      ->type_name("'NAME: VALUE'")
      ->group("Viewers")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  app.add_flag("--segments", options.segments,
               "connect by WebSocket (the path's last part becomes ws), and get only what changed "
               "of each picture; --check-every joins the pictures of every Nth viewer")
      ->group("Viewers");
  app.add_flag("--quiet", options.quiet, "no line per second on standard error")
      ->group("Checks and report");
  app.add_flag("--tolerate", options.tolerate, "exit with 0 whatever the viewers saw")
      ->group("Checks and report");
  try {
    refuse_single_dashes(argc, argv, all_flags(app));
    app.parse(argc, argv);
    check_words(app, options);
    parse_url(options.url);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_text(app, kExamples));
    return std::nullopt;
  } catch (const CLI::Success& success) {
    app.exit(success);  // prints the version
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw StartError(ExitCode::usage, fmt::format("{}; see fanlight-load --help", error.what()));
  } catch (const std::invalid_argument& error) {
    throw StartError(ExitCode::usage, error.what());
  }
  for (const std::string& header : options.headers) check_header(header);
  check_kinds(options);
  return options;
}

std::vector<ViewerKind> assign_kinds(const LoadOptions& options) {
  std::vector<ViewerKind> kinds;
  kinds.insert(kinds.end(), options.slow.of(options.viewers), ViewerKind::slow);
  kinds.insert(kinds.end(), options.stalled.of(options.viewers), ViewerKind::stalled);
  kinds.insert(kinds.end(), options.resetting.of(options.viewers), ViewerKind::resetting);
  kinds.insert(kinds.end(), options.vanishing.of(options.viewers), ViewerKind::vanishing);
  kinds.resize(options.viewers, ViewerKind::fast);
  Random random(options.seed);
  for (size_t i = kinds.size(); i > 1; --i) std::swap(kinds[i - 1], kinds[random.below(i)]);
  return kinds;
}

}  // namespace fanlight
