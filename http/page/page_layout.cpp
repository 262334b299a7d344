// SPDX-License-Identifier: Apache-2.0
#include "http/page/page_layout.h"

#include "http/page/page_text.h"

namespace fanlight {

void replace_all(std::string& text, std::string_view mark, std::string_view with) {
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    text.replace(at, mark.size(), with);
    at += with.size();
  }
}

std::string lay_out(const PageParts& parts) {
  std::string text(kLayoutHtml);
  std::string script;
  if (!parts.script.empty()) script = "<script>\n" + parts.script + "</script>\n";
  replace_all(text, "%style%\n", std::string(kLiveCss) + parts.style);
  replace_all(text, "%state%\n", parts.state);
  replace_all(text, "%main%\n", parts.main);
  replace_all(text, "%script%\n", script);
  replace_all(text, "%data%", parts.data);
  replace_all(text, "%title%", parts.title);
  replace_all(text, "%description%", parts.description);
  replace_all(text, "%root%", parts.root);
  replace_all(text, "%version%", parts.version);
  return text;
}

}  // namespace fanlight
