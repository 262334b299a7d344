// SPDX-License-Identifier: Apache-2.0
#include "tools/options/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <filesystem>

#include "tools/flags/usage.h"
#include "tools/options/option_table.h"
#include "tools/options/source_spec.h"
#include "tools/options/ustreamer_flags.h"
#include "tools/options/version.h"

namespace fanlight {
namespace {

constexpr std::string_view kExamples =
    "  fanlight --source auto                   the camera that is found\n"
    "  fanlight --source auto --listen 0.0.0.0:5000\n"
    "                                           open to the network\n"
    "  fanlight --source /dev/video0 --size 1280x720 --fps 30\n"
    "                                           a webcam, an HDMI grabber\n"
    "  fanlight --source libcamera              a Raspberry Pi's camera\n"
    "  fanlight --source http://10.0.0.7:5000/stream\n"
    "                                           a relay of another server\n"
    "  fanlight --camera front=/dev/video0,rotate=180 --camera yard=files:holidays\n"
    "                                           several cameras\n"
    "  fanlight --list-devices                  the cameras, and what they can do\n";

constexpr const char* kFooter =
    "Every flag can come from the environment, --max-viewers as FANLIGHT_MAX_VIEWERS,\n"
    "or from a file (--config). Units: 500ms, 10s, 5m; 64K, 8M; 800Mbit, 1Gbit.\n"
    "The flags of ustreamer are understood too, short and long: -d, -r, -f, -s, -p...\n"
    "Commands: fanlight passwd, plan, sign; each has --help.\n"
    "Exit codes: 0 after SIGTERM or SIGINT; 64 bad flag; 66 no such source; 69 no\n"
    "backend; 71 system error; 77 not permitted; 78 bad configuration.";

// The values given for one flag.
template <class Meant>
struct Texts {
  const Meant* flag;
  std::vector<std::string> texts;
};

// Owns: the texts that CLI11 writes while it reads; a deque, since CLI11 keeps references.
struct Collected {
  std::deque<Texts<Option>> options;
  std::deque<Texts<UstreamerFlag>> ustreamer;
};

std::string help_of(const Option& option) {
  if (option.default_text.empty()) return option.help;
  return fmt::format("{} (default: {})", option.help, option.default_text);
}

std::string names_of(std::string_view name, char letter) {
  return letter == '\0' ? fmt::format("--{}", name) : fmt::format("-{},--{}", letter, name);
}

CLI::Option* add(CLI::App& app, const std::string& names, bool takes_value,
                 std::vector<std::string>& texts, const std::string& help) {
  // A flag without a value arrives as "true".
  if (!takes_value) return app.add_flag(names, texts, help);
  CLI::Option* added = app.add_option(names, texts, help)->expected(1);
  // One value each time: the word after it is not a second value.
  return added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
}

void add_flags(CLI::App& app, Collected& collected) {
  for (const Option& option : option_table()) {
    auto& row = collected.options.emplace_back(Texts<Option>{&option, {}});
    const char letter = ustreamer_letter(option.name);
    add(app, names_of(option.name, letter), !option.is(kToggle), row.texts, help_of(option))
        ->group(std::string(option.group))
        ->type_name(std::string(option.type));
  }
  for (const UstreamerFlag& flag : ustreamer_flags()) {
    auto& row = collected.ustreamer.emplace_back(Texts<UstreamerFlag>{&flag, {}});
    add(app, names_of(flag.name, flag.letter), flag.takes_value, row.texts, "")->group("");
  }
}

void take_options(const Collected& collected, CommandLine& line) {
  for (const auto& [option, texts] : collected.options) {
    for (const std::string& text : texts) {
      line.settings.values.push_back({option, ustreamer_value(option->name, text),
                                      fmt::format("--{}", option->name), ExitCode::usage});
    }
  }
}

void take_ustreamer(const Collected& collected, bool is_ustreamer, CommandLine& line) {
  std::vector<GivenUstreamerFlag> given;
  for (const auto& [flag, texts] : collected.ustreamer) {
    if (!texts.empty()) given.push_back({flag, texts.back()});
  }
  const bool says_where =
      std::any_of(line.settings.values.begin(), line.settings.values.end(),
                  [](const Setting& each) { return each.option->name == "listen"; });
  UstreamerTranslation translation = translate_ustreamer(given, is_ustreamer, says_where);
  for (Setting& setting : translation.settings) line.settings.values.push_back(std::move(setting));
  line.notes = std::move(translation.notes);
  line.implied_source = std::move(translation.implied_source);
}

// Two values for a single-valued option, by the same flag or by its ustreamer name.
void check_doubles(const std::vector<Setting>& settings) {
  for (size_t i = 0; i < settings.size(); ++i) {
    if (settings[i].option->is(kRepeatable)) continue;
    for (size_t j = 0; j < i; ++j) {
      if (settings[i].option != settings[j].option) continue;
      throw StartError(ExitCode::usage, settings[i].where == settings[j].where
                                            ? fmt::format("{} is given twice", settings[i].where)
                                            : fmt::format("{} and {} mean the same; give only one",
                                                          settings[j].where, settings[i].where));
    }
  }
}

// A word that is neither a flag nor a flag's value.
[[noreturn]] void refuse_word(const CLI::App& app, const std::string& word) {
  const std::string shown = word.starts_with('-') ? word : shown_source(word);
  std::string line = unknown_flag(shown, all_flags(app));
  if (!word.starts_with('-') && line.find('?') == line.npos) {
    try {
      complete_source(word);
      line = fmt::format("'{}': flags begin with --; did you mean '--source {}'?", shown, shown);
    } catch (const std::invalid_argument&) {  // not a source either
    }
  }
  throw StartError(ExitCode::usage, line + "; see fanlight --help");
}

void parse(CLI::App& app, int argc, const char* const* argv) {
  refuse_single_dashes(argc, argv, all_flags(app));
  app.parse(argc, argv);
  const std::vector<std::string> left = app.remaining();
  if (left.empty()) return;
  // A misspelt flag's value is left over with it.
  const auto flag =
      std::ranges::find_if(left, [](const auto& word) { return word.starts_with('-'); });
  refuse_word(app, flag == left.end() ? left.front() : *flag);
}

}  // namespace

std::optional<CommandLine> read_command_line(int argc, const char* const* argv) {
  CLI::App app("Fanlight shows one camera, live, to thousands of browsers.", "fanlight");
  app.set_help_flag("-h,--help", "print this, and exit")->group("Other");
  app.set_version_flag("-v,--version,--features", version_text(), "print the version, and exit")
      ->group("Other");
  app.allow_extras();
  app.footer(kFooter);
  Collected collected;
  add_flags(app, collected);
  try {
    parse(app, argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_text(app, kExamples));
    return std::nullopt;
  } catch (const CLI::Success& success) {
    app.exit(success);  // prints the version
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw StartError(ExitCode::usage, fmt::format("{}; see fanlight --help", error.what()));
  }
  const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "";
  CommandLine line;
  take_options(collected, line);
  take_ustreamer(collected, program.starts_with("ustreamer"), line);
  check_doubles(line.settings.values);
  return line;
}

}  // namespace fanlight
