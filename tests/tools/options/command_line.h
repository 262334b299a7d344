// SPDX-License-Identifier: Apache-2.0
// A command line as main() receives it, and the error message for a mistake on it.
#pragma once

#include <gtest/gtest.h>

#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tools/flags/exit_code.h"

namespace fanlight {

// The result of `parse(argc, argv)` for these arguments of `program`.
template <class Parse>
auto parse_as(const char* program, Parse parse, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), program);
  return parse(static_cast<int>(arguments.size()), arguments.data());
}

// The same for a line that is split at its spaces.
template <class Parse>
auto parse_words_as(const char* program, Parse parse, const std::string& line) {
  std::istringstream stream(line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return parse_as(program, parse, arguments);
}

// The error for a mistake: a single line, with the exit code for usage.
template <class Parse>
std::string mistake_of(Parse parse) {
  try {
    parse();
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

}  // namespace fanlight
