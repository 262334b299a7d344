// SPDX-License-Identifier: Apache-2.0
// ErrorPage: an error as a page, for people; programs get one line (reply_error()).
#pragma once

#include <string>
#include <string_view>

#include "http/protocol/text.h"

namespace fanlight {

// The variable texts of an error page.
struct ErrorWords {
  int status;
  std::string_view reason;  // one line of plain text
  std::string_view path;    // as requested: the link to the home page leads up from there
};

// Three texts in sequence: the beginning and the end contain the variable texts, and the style
// between them is long and constant.
// Owns: the texts. Thread: created by one, constant afterwards.
class ErrorPage {
 public:
  // Maximum sizes of the texts with variable parts.
  static constexpr size_t kBeginBytesMax = 640;
  static constexpr size_t kEndBytesMax = 2432;

  // Throws std::bad_alloc.
  explicit ErrorPage(std::string_view version);

  void write_begin(const ErrorWords& words, TextWriter& text) const noexcept;
  std::string_view middle() const { return middle_; }
  void write_end(const ErrorWords& words, TextWriter& text) const noexcept;
  // Its Content-Security-Policy.
  std::string_view policy() const { return policy_; }

 private:
  std::string begin_, middle_, end_, policy_;
};

}  // namespace fanlight
