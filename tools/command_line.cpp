// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <filesystem>

#include "tools/option_table.h"
#include "tools/ustreamer_flags.h"
#include "tools/version.h"

namespace fanlight {
namespace {

constexpr const char* kFooter =
    "\nEvery flag can come from the environment, --max-viewers as FANLIGHT_MAX_VIEWERS.\n"
    "The flags of ustreamer are understood too, short and long: -d, -r, -f, -s, -p, ...";

// The texts that came with one flag.
template <class Meant>
struct Texts {
  const Meant* flag;
  std::vector<std::string> texts;
};

// Owns: what CLI11 writes into while it reads; a deque, since CLI11 keeps references.
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
  return added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
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

// Two values for what can have one, whether by the same flag or by its name in ustreamer.
void check_doubles(const std::vector<Setting>& settings) {
  for (size_t i = 0; i < settings.size(); ++i) {
    if (settings[i].option->is(kRepeatable)) continue;
    for (size_t j = 0; j < i; ++j) {
      if (settings[i].option != settings[j].option) continue;
      throw StartError(ExitCode::usage,
                       settings[i].where == settings[j].where
                           ? fmt::format("{} is given twice", settings[i].where)
                           : fmt::format("{} and {} say the same; give one of them",
                                         settings[j].where, settings[i].where));
    }
  }
}

}  // namespace

std::optional<CommandLine> read_command_line(int argc, const char* const* argv) {
  CLI::App app("Fanlight shows one camera, live, to thousands of browsers.", "fanlight");
  app.set_help_flag("-h,--help", "print this, and exit");
  app.set_version_flag("-v,--version,--features", version_text());
  app.get_formatter()->column_width(44);
  app.footer(kFooter);
  Collected collected;
  add_flags(app, collected);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success);  // prints the help or the version
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
