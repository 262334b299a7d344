// SPDX-License-Identifier: Apache-2.0
#include "tools/flags/usage.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/nearest_word.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

constexpr size_t kTextColumn = 28;
constexpr std::string_view kDefault = "(default: ";  // is kept with its value

// `text` in lines of at most `columns`, broken at blanks; a word that does not fit gets its own
// line.
std::vector<std::string> fill(std::string_view text, size_t columns) {
  std::vector<std::string> lines;
  std::string line;
  const size_t indent = std::min(text.find_first_not_of(' '), text.size());
  line.append(indent, ' ');
  text.remove_prefix(indent);
  bool is_empty = true;
  while (!text.empty()) {
    const size_t kept = text.starts_with(kDefault) ? kDefault.size() : 0;
    const std::string_view word = text.substr(0, text.find(' ', kept));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!is_empty && line.size() + 1 + word.size() > columns) {
      lines.push_back(std::move(line));
      line.assign(indent == 0 ? 0 : indent + 2, ' ');
      is_empty = true;
    }
    if (!is_empty) line += ' ';
    line += word;
    is_empty = false;
  }
  lines.push_back(std::move(line));
  return lines;
}

// The paragraphs of a help text: a line that begins with a blank starts a new one.
std::vector<std::string> help_lines(std::string_view help, size_t columns) {
  std::vector<std::string> lines;
  std::string paragraph;
  const auto end_paragraph = [&] {
    for (std::string& line : fill(paragraph, columns)) lines.push_back(std::move(line));
    paragraph.clear();
  };
  while (!help.empty()) {
    const std::string_view line = help.substr(0, help.find('\n'));
    help.remove_prefix(std::min(line.size() + 1, help.size()));
    if (line.starts_with(' ') && !paragraph.empty()) end_paragraph();
    if (!paragraph.empty()) paragraph += ' ';
    paragraph += line;
  }
  end_paragraph();
  return lines;
}

std::string names_and_type(const CLI::Option& option) {
  const bool is_positional = !option.nonpositional();
  std::string names = is_positional ? option.get_name() : option.get_name(false, true);
  const std::string type = option.get_type_name();
  return type.empty() ? names : fmt::format("{} {}", names, type);
}

void append_option(std::string& out, const CLI::Option& option) {
  const std::string names = names_and_type(option);
  std::string line = fmt::format("  {}", names);
  const auto lines = help_lines(option.get_description(), kHelpColumns - kTextColumn);
  if (line.size() + 2 > kTextColumn) {
    out += line + '\n';
    line.clear();
  }
  for (const std::string& text : lines) {
    line.resize(kTextColumn, ' ');
    out += line + text + '\n';
    line.clear();
  }
}

}  // namespace

std::string help_text(const CLI::App& app, std::string_view examples) {
  std::string out = fmt::format("{}\n\nExamples:\n{}\nUsage: {} [FLAG]...", app.get_description(),
                                examples, app.get_name());
  const std::vector<const CLI::Option*> options = app.get_options();
  for (const CLI::Option* option : options) {
    if (!option->nonpositional()) out += ' ' + option->get_name();
  }
  out += '\n';
  std::vector<std::string> groups;
  for (const CLI::Option* option : options) {
    const std::string& group = option->get_group();
    if (group.empty() || std::ranges::find(groups, group) != groups.end()) continue;
    groups.push_back(group);
  }
  // --help comes first in CLI11's list, but users look for its group last.
  const std::string& last = app.get_help_ptr()->get_group();
  std::stable_partition(groups.begin(), groups.end(),
                        [&](const std::string& each) { return each != last; });
  for (const std::string& group : groups) {
    out += fmt::format("\n{}:\n", group);
    for (const CLI::Option* option : options) {
      if (option->get_group() == group) append_option(out, *option);
    }
  }
  return out + '\n' + app.get_footer() + '\n';
}

std::vector<std::string> all_flags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::string unknown_flag(std::string_view word, std::span<const std::string> flags) {
  const std::string_view name = word.substr(0, word.find('='));
  const std::vector<std::string_view> known(flags.begin(), flags.end());
  if (!name.starts_with('-')) {
    // `source=pattern`, `source pattern`
    const std::string flag = fmt::format("--{}", name);
    const bool is_flag = std::ranges::find(known, flag) != known.end();
    return fmt::format("'{}': flags begin with --{}", word,
                       is_flag ? fmt::format("; did you mean '{}'?", flag) : "");
  }
  return fmt::format("{}: no such flag{}", name,
                     name.starts_with("--") ? did_you_mean(name, known) : "");
}

void refuse_single_dashes(int argc, const char* const* argv, std::span<const std::string> flags) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (word.size() < 4 || word[0] != '-' || word[1] == '-') continue;
    const std::string_view name = word.substr(0, word.find('='));  // the value may be a secret
    const std::string flag = fmt::format("-{}", name);
    if (std::ranges::find(flags, flag) == flags.end()) continue;
    throw StartError(ExitCode::usage, fmt::format("{}: did you mean '{}'?", name, flag));
  }
}

}  // namespace fanlight
