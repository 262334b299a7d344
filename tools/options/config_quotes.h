// SPDX-License-Identifier: Apache-2.0
// Config quotes: a suggestion for a line of the configuration file that is not TOML.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fanlight {

// `line` with its texts in quotes, where that makes it valid: `source = pattern`, `listen =
// [0.0.0.0:5000, [::]:5000]`, `control = { auto_exposure = Manual Mode }`, and with true for the
// `on` of a switch. A colon in place of the = is fixed too. Nothing when the mistake is another
// one. Passwords in URLs are removed, since the answer is logged.
std::optional<std::string> quoted_line(std::string_view line);

}  // namespace fanlight
