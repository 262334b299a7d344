// SPDX-License-Identifier: Apache-2.0
// User line: a user's line in the text of --auth-file (http/auth/user_table.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fanlight {

// Empty, or what is wrong with a user's name, or with rights (static lifetime). Which cameras there
// are is not known here: any valid name passes.
std::string_view why_not_a_user(std::string_view name);
std::string_view why_not_rights(std::string_view rights);

// The text with this user's line: replaced, with its rights as they are unless others are given; or
// added at the end. All other lines stay as they are, with their comments.
std::string with_user(std::string_view text, std::string_view name, std::string_view hash,
                      std::optional<std::string_view> rights);

}  // namespace fanlight
