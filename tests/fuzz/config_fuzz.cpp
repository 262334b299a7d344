// SPDX-License-Identifier: Apache-2.0
// The configuration file: refused with one line, or options that are the same when they are written
// as TOML and read again.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tools/options/command_line.h"
#include "tools/options/config_file.h"
#include "tools/options/config_quotes.h"
#include "tools/options/config_text.h"
#include "tools/options/option_table.h"
#include "tools/options/read_options.h"

namespace fanlight {
namespace {

// Those that name files, which are not read here.
bool names_a_file(const Setting& setting) {
  return setting.option->is(kCommand);
}

Options options_of(const Settings& settings) {
  CommandLine flags;
  for (const Setting& setting : settings.values) {
    if (!names_a_file(setting)) flags.settings.values.push_back(setting);
  }
  Options options = read_options(flags);
  if (!settings.cameras.empty()) options.cameras = settings.cameras;
  return options;
}

void check_one_line(const StartError& error) {
  const std::string_view line = error.what();
  CHECK(!line.empty() && line.size() <= StartError::kLineMax);
  CHECK(line.find('\n') == line.npos);
}

// The text again, or nothing when TOML cannot express it.
void check_written_again(const Options& options) {
  std::string toml;
  try {
    toml = config_toml(options);
  } catch (const StartError& error) {
    check_one_line(error);
    return;
  }
  CHECK(nlohmann::json::accept(config_json(options)));
  CHECK(config_toml(options_of(parse_config(toml, "again.toml"))) == toml);
}

void check_quotes(std::string_view text) {
  const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
  const auto quoted = quoted_line(line);
  CHECK(!quoted || quoted->find('\n') == quoted->npos);
}

}  // namespace

void fuzz(std::string_view input) {
  check_quotes(input);
  try {
    check_written_again(options_of(parse_config(input, "f.toml")));
  } catch (const StartError& error) {
    check_one_line(error);
  }
}

}  // namespace fanlight
