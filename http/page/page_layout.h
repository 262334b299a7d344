// SPDX-License-Identifier: Apache-2.0
// PageLayout: what all pages have in common: one head, one header, one footer, one style.
//
// URLs in pages are relative, so that they also work where a proxy serves them under a path prefix.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// The parts that differ between pages. The texts are HTML.
struct PageParts {
  std::string title;        // and heading
  std::string description;  // for search engines and link previews
  std::string style;        // in addition to the common style
  std::string state;        // next to the heading
  std::string main;
  std::string script;       // empty: none
  std::string data;         // attributes of <body>
  std::string root = "./";  // relative path from the page to the server's root
  std::string version;      // Fanlight's version
};

// The whole page. Throws std::bad_alloc.
std::string lay_out(const PageParts& parts);

// Replaces every `mark` with `with`.
void replace_all(std::string& text, std::string_view mark, std::string_view with);

}  // namespace fanlight
