// SPDX-License-Identifier: Apache-2.0
#include "http/page/list_pages.h"

#include <fmt/core.h>

#include <initializer_list>

#include "core/check.h"
#include "http/page/content_policy.h"
#include "http/page/page_layout.h"
#include "http/page/page_text.h"

namespace fanlight {
namespace {

constexpr std::string_view kRows = "<!-- rows -->\n";

// The first two columns are names, the others numbers, aligned right. `attributes`: of the table.
std::string page(std::string_view title, std::string_view description, std::string_view version,
                 std::string_view attributes, std::initializer_list<std::string_view> columns) {
  PageParts parts;
  parts.title = title;
  parts.description = description;
  parts.style = kListCss;
  parts.version = version;
  parts.main = fmt::format("<table{} aria-labelledby=\"title\">\n<thead>\n<tr>", attributes);
  size_t index = 0;
  for (const std::string_view column : columns) {
    parts.main += fmt::format("<th scope=\"col\"{}>{}", ++index == 3 ? " class=\"n\"" : "", column);
  }
  parts.main += fmt::format("\n<tbody>\n{}</table>\n", kRows);
  return lay_out(parts);
}

}  // namespace

ListPages::ListPages(std::string_view version)
    : stock_(page("Stock", "This server's stock table, one stock per row.", version, "",
                  {"Symbol", "Name", "Price", "Volume"})),
      viewers_(page(
          "Viewers", "The viewers of this server's cameras.", version, " class=\"wide\"",
          {"Address", "Camera", "Watching for", "Pictures", "Per second", "Skipped", "Megabytes"})),
      policy_(content_policy(stock_)) {
  for (std::string* text : {&stock_, &viewers_}) {
    const size_t rows = text->find(kRows);
    CHECK(rows != std::string::npos);
    end_ = text->substr(rows + kRows.size());
    text->erase(rows);
  }
}

}  // namespace fanlight
