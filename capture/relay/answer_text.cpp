// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/answer_text.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/printable.h"

namespace fanlight {
namespace {

constexpr size_t kCharactersMax = 80;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_text(std::string_view body) {
  return std::all_of(body.begin(), body.end(), [](char c) {
    return is_blank(c) || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

// The end of the element that begins with this tag, if its content is not for readers; else the end
// of the tag.
size_t size_of_tag(std::string_view html) {
  if (starts_with_ignoring_case(html, "<script") || starts_with_ignoring_case(html, "<style")) {
    return std::min(html.find("</", 1), html.size());
  }
  return std::min(html.find('>'), html.size() - 1) + 1;
}

}  // namespace

std::string answer_text(std::string_view body) {
  if (!is_text(body)) return {};
  std::string text;
  bool is_apart = false;
  while (!body.empty() && text.size() < kCharactersMax) {
    const bool is_tag = body.front() == '<';
    if (is_tag || is_blank(body.front())) {
      is_apart = true;
      body.remove_prefix(is_tag ? size_of_tag(body) : 1);
      continue;
    }
    if (is_apart && !text.empty()) text += ' ';
    is_apart = false;
    text += body.front();
    body.remove_prefix(1);
  }
  text.resize(std::min(text.size(), kCharactersMax));
  make_ascii(text);
  return text;
}

}  // namespace fanlight
