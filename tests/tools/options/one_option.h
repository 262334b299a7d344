// SPDX-License-Identifier: Apache-2.0
// One option, given to an otherwise empty draft.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "tools/options/option_table.h"

namespace fanlight {

inline Options options_after(std::string_view name, const std::string& text) {
  OptionsDraft draft;
  find_option(name)->set(draft, text);
  return draft.options;
}

// What is wrong with the text, or "accepted".
inline std::string mistake(std::string_view name, const std::string& text) {
  try {
    options_after(name, text);
    return "accepted";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace fanlight
