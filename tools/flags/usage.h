// SPDX-License-Identifier: Apache-2.0
// Usage: what a program prints for --help, and what it answers to a command line that it does not
// understand.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace fanlight {

constexpr size_t kHelpColumns = 80;

// The text of --help: the description, examples, usage, the flags in their groups, the footer. No
// line is longer than kHelpColumns. In a flag's help a line that begins with a blank begins a line
// of its own; all else is filled.
std::string help_text(const CLI::App& app, std::string_view examples);

// Every flag that the program has, the hidden ones too, as they are typed: "--source", "-q".
std::vector<std::string> all_flags(const CLI::App& app);

// What is wrong with a word of the command line that is no flag, without what to do instead if that
// is not known: "--soruce: no such flag; did you mean '--source'?".
std::string unknown_flag(std::string_view word, std::span<const std::string> flags);

// `-source` for --source: with one dash it means -s with the value `ource`, and nobody means that.
// Throws StartError (usage).
void refuse_single_dashes(int argc, const char* const* argv, std::span<const std::string> flags);

}  // namespace fanlight
