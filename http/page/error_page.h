// SPDX-License-Identifier: Apache-2.0
// ErrorPage: an error as a page, for people; programs get one line (reply_error()).
#pragma once

#include <string>
#include <string_view>

#include "http/protocol/text.h"

namespace fanlight {

// What an error page says.
struct ErrorWords {
  int status;
  std::string_view reason;  // one line of plain text
  std::string_view path;    // as it was asked for: the way home leads up from there
};

// Three texts, one behind the other: beginning and end with the words in them, and between them the
// style, which is long and always the same.
// Owns: the texts. Thread: made by one, constant afterwards.
class ErrorPage {
 public:
  // What the texts with words in them take at most.
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
