// SPDX-License-Identifier: Apache-2.0
// Usage: the text of --help, and the errors for a command line that the program does not
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
// line is longer than kHelpColumns. In a flag's help a line that begins with a blank stays a line
// of its own; everything else is filled.
std::string help_text(const CLI::App& app, std::string_view examples);

// Every flag of the program, including hidden ones, as typed: "--source", "-q".
std::vector<std::string> all_flags(const CLI::App& app);

// The error for a word on the command line that is no flag, with a suggestion if there is one:
// "--soruce: no such flag; did you mean '--source'?".
std::string unknown_flag(std::string_view word, std::span<const std::string> flags);

// Rejects `-source` for --source: with one dash it is -s with the value `ource`, which is never
// meant. Throws StartError (usage).
void refuse_single_dashes(int argc, const char* const* argv, std::span<const std::string> flags);

}  // namespace fanlight
