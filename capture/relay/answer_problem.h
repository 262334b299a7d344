// SPDX-License-Identifier: Apache-2.0
// Answer problem: why a response has no pictures, in words for users.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fanlight {

struct AnswerProblem {
  int error;  // errno
  std::string words;
};

// The problem with this status; nothing for 0 (no head: the body decides), 200, 206 (of a whole,
// though no part was requested) and 101. `body`: its first bytes.
std::optional<AnswerProblem> find_problem(long status, std::string_view body);

// Whether a server, or a proxy in front of one, that answers with this status may do what it was
// asked at another time.
bool is_transient(long status);

// What a body says, for the end of an error's text; empty if it is not text.
std::string said_in(std::string_view body);

}  // namespace fanlight
