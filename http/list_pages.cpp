// SPDX-License-Identifier: Apache-2.0
#include "http/list_pages.h"

#include <fmt/core.h>

#include <initializer_list>

#include "http/content_policy.h"

namespace fanlight {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{margin:1rem auto;padding:0 1rem;max-width:60rem;overflow-x:auto}"
    "table{table-layout:fixed;width:100%;min-width:28rem;border-collapse:collapse;"
    "font-variant-numeric:tabular-nums}"
    "caption{text-align:start;font-size:1.25rem;font-weight:600;padding:.5rem 0}"
    "th,td{text-align:start;padding:.25rem .5rem;border-bottom:1px solid #8885;"
    "overflow-wrap:anywhere;vertical-align:top}"
    "thead th{position:sticky;top:0;background:Canvas}"
    "th.n,th.n~th,td:nth-child(n+3){text-align:end}"
    "tfoot td{text-align:start!important;opacity:.7}";

// Names stand in the first two columns, numbers in the others, at the right.
std::string page(std::string_view title, std::initializer_list<std::string_view> columns) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>{0} · Fanlight</title>\n<style>{1}</style>\n"
      "<table>\n<caption>{0}</caption>\n<thead>\n<tr>",
      title, kStyle);
  size_t index = 0;
  for (const std::string_view column : columns) {
    text += fmt::format("<th scope=\"col\"{}>{}", ++index == 3 ? " class=\"n\"" : "", column);
  }
  return text + "\n<tbody>\n";
}

}  // namespace

ListPages::ListPages()
    : stock_(page("Stock", {"Symbol", "Name", "Price", "Volume"})),
      viewers_(page("Viewers", {"Address", "Camera", "Seconds", "Frames", "Frames/s", "Skipped",
                                "Megabytes"})),
      policy_(content_policy(stock_)) {}

}  // namespace fanlight
