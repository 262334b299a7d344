// SPDX-License-Identifier: Apache-2.0
// PageLayout: what all pages have in common: one head, one header, one footer, one style.
//
// URLs in pages are relative, so that they also work where a proxy shows the server under a path
// of its own.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// What a page has of its own. The texts are HTML.
struct PageParts {
  std::string title;        // and heading
  std::string description;  // for search engines and link previews
  std::string style;        // beside what all pages look like
  std::string state;        // beside the heading
  std::string main;
  std::string script;       // empty: none
  std::string data;         // attributes of <body>
  std::string root = "./";  // the way from the page to the server's URLs
  std::string version;      // of Fanlight
};

// The whole page. Throws std::bad_alloc.
std::string lay_out(const PageParts& parts);

// Puts `with` wherever `mark` is.
void replace_all(std::string& text, std::string_view mark, std::string_view with);

}  // namespace fanlight
