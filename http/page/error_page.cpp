// SPDX-License-Identifier: Apache-2.0
#include "http/page/error_page.h"

#include <algorithm>

#include "core/check.h"
#include "http/page/content_policy.h"
#include "http/page/page_layout.h"
#include "http/protocol/response.h"

namespace fanlight {
namespace {

// Marks in the texts for the variable parts.
constexpr char kStatus = '\1';
constexpr char kReason = '\2';
constexpr char kRoot = '\3';
constexpr std::string_view kMarks = "\1\2\3";

// Deeper than any of our URLs; behind a proxy's prefix the way up is relative.
constexpr std::ptrdiff_t kStepsMax = 8;

void write_root(std::string_view path, TextWriter& text) noexcept {
  const std::ptrdiff_t steps = std::count(path.begin(), path.end(), '/') - 1;
  if (steps > kStepsMax) return text.raw("/");
  if (steps <= 0) return text.raw("./");
  for (std::ptrdiff_t i = 0; i < steps; ++i) text.raw("../");
}

// One sentence.
void write_reason(std::string_view reason, TextWriter& text) noexcept {
  if (reason.empty()) return;
  const char first = reason.front();
  const bool is_lower = first >= 'a' && first <= 'z';
  const char upper = is_lower ? static_cast<char>(first - 'a' + 'A') : first;
  text.add_html({&upper, 1});
  text.add_html(reason.substr(1));
  text.raw(".");
}

void fill(std::string_view form, const ErrorWords& words, TextWriter& text) noexcept {
  while (true) {
    const size_t plain = std::min(form.find_first_of(kMarks), form.size());
    text.raw(form.substr(0, plain));
    if (plain == form.size()) return;
    if (form[plain] == kStatus) text.add("{} {}", words.status, status_phrase(words.status));
    if (form[plain] == kReason) write_reason(words.reason, text);
    if (form[plain] == kRoot) write_root(words.path, text);
    form.remove_prefix(plain + 1);
  }
}

}  // namespace

ErrorPage::ErrorPage(std::string_view version) {
  PageParts parts;
  parts.title = kStatus;
  parts.description = "The requested page cannot be shown.";
  parts.main = std::string("<p>") + kReason + "</p>\n<p><a href=\"" + kRoot +
               "\">To the live picture</a></p>\n";
  parts.root = kRoot;
  parts.version = version;
  const std::string page = lay_out(parts);
  const size_t style = page.find("<style>");
  const size_t body = page.find("<body>");
  CHECK(style != std::string::npos && body != std::string::npos);
  begin_ = page.substr(0, style);
  middle_ = page.substr(style, body - style);
  end_ = page.substr(body);
  policy_ = content_policy(page);
}

void ErrorPage::write_begin(const ErrorWords& words, TextWriter& text) const noexcept {
  fill(begin_, words, text);
}

void ErrorPage::write_end(const ErrorWords& words, TextWriter& text) const noexcept {
  fill(end_, words, text);
}

}  // namespace fanlight
