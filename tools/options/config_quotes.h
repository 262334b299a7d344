// SPDX-License-Identifier: Apache-2.0
// Config quotes: the line that was meant where a line of the configuration file is no TOML.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fanlight {

// `line` with its texts in quotes, where that makes it right: `source = pattern`,
// `listen = [0.0.0.0:5000, [::]:5000]`, `control = { auto_exposure = Manual Mode }`, and with true
// for the `on` of a switch. A colon in place of the = is mended too. Nothing when that is not what
// is wrong with it. Passwords in URLs are left out, since the answer is for a log.
std::optional<std::string> quoted_line(std::string_view line);

}  // namespace fanlight
