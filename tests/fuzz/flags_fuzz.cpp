// SPDX-License-Identifier: Apache-2.0
// The command line, an argument a line, of fanlight and under ustreamer's name: refused with one
// line, or options that can be shown as JSON.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/check.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/options/command_line.h"
#include "tools/options/config_text.h"
#include "tools/options/read_options.h"

namespace fanlight {
namespace {

// What would print a text, or read a file that the input names.
bool is_for_the_shell(std::string_view argument) {
  for (const std::string_view name : {"-h", "-v", "--h", "--v", "--c", "-c", "--pas"}) {
    if (argument.starts_with(name)) return true;
  }
  return argument.starts_with('-') && !argument.starts_with("--") &&
         argument.find_first_of("hvc") != argument.npos;
}

void check_arguments(const char* program, const std::vector<std::string>& arguments) {
  std::vector<const char*> words{program};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  try {
    const auto line = read_command_line(static_cast<int>(words.size()) - 1, words.data());
    if (!line) return;
    const Options options = read_options(*line);
    CHECK(!options.cameras.empty() && !options.listen.empty());
    CHECK(nlohmann::json::accept(config_json(options)));
  } catch (const StartError& error) {
    const std::string_view text = error.what();
    CHECK(!text.empty() && text.size() <= StartError::kLineMax);
    CHECK(text.find('\n') == text.npos);
  }
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  std::vector<std::string> arguments;
  while (!input.empty() && arguments.size() < 20) {
    const std::string_view argument = input.line();
    if (!is_for_the_shell(argument)) arguments.emplace_back(argument.data(), argument.size());
  }
  check_arguments("fanlight", arguments);
  check_arguments("ustreamer", arguments);
}

}  // namespace fanlight
