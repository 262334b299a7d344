// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/answer_problem.h"

#include <fmt/core.h>

#include <cerrno>

#include "capture/relay/answer_text.h"

namespace fanlight {

std::optional<AnswerProblem> find_problem(long status, std::string_view body) {
  const auto problem = [&](int error, std::string_view words) {
    return AnswerProblem{error, fmt::format("{}{}", words, said_in(body))};
  };
  switch (status) {
    case 0:
    case 101:
    case 200:
    case 206:
      return std::nullopt;
    case 401:
      return problem(EACCES, "user and password missing or wrong: use http://USER:PASSWORD@HOST/");
    case 403:
      return problem(EACCES, "access denied (403)");
    case 404:
      return problem(ENOENT, "nothing at this path (404)");
    case 503:
      return problem(EAGAIN, "it is full, or its camera is lost (503)");
    default:
      return problem(EPROTO, fmt::format("it answers with status {}", status));
  }
}

bool is_transient(long status) {
  if (status == 501 || status == 505) return false;  // it does not know how
  return status == 429 || status >= 500;
}

std::string said_in(std::string_view body) {
  const std::string said = answer_text(body);
  return said.empty() ? said : fmt::format("; it says '{}'", said);
}

}  // namespace fanlight
