// SPDX-License-Identifier: Apache-2.0
#include "http/page.h"

#include <fmt/core.h>

#include "core/check.h"
#include "http/content_policy.h"
#include "http/page_text.h"

namespace fanlight {
namespace {

// A window above a door, as in the pages' heads; a drawing of its own, so that none is asked for.
constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http%3A//www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath "
    "d='M2 25a14 14 0 0 1 28 0zM16 25 6 15M16 25V11M16 25 26 15M10 25a6 6 0 0 1 12 0' fill='none' "
    "stroke='%23d98c1f' stroke-width='2.4' stroke-linejoin='round'/%3E%3C/svg%3E";

void replace_all(std::string& text, std::string_view mark, std::string_view with) {
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    text.replace(at, mark.size(), with);
    at += with.size();
  }
}

// The page with the style and the script that all pages share.
std::string whole(std::string_view page) {
  std::string text(page);
  replace_all(text, "%live.css%\n", kStyleText);
  replace_all(text, "%live.js%\n", kScriptText);
  replace_all(text, "%icon%", kIcon);
  return text;
}

// `base`: the way from the page to the camera's URLs; `root`: to the server's.
std::string page_of(std::string_view camera, std::string_view base, std::string_view root) {
  std::string text = whole(kPageText);
  replace_all(text, "%page.css%\n", kPageStyleText);
  replace_all(text, "%page.js%\n", kPageScriptText);
  replace_all(text, "%camera%", camera);
  replace_all(text, "%base%", base);
  replace_all(text, "%root%", root);
  return text;
}

}  // namespace

Pages::Pages(std::span<const std::string> cameras)
    : all_(whole(kCamerasPageText)), all_policy_(content_policy(all_)) {
  CHECK(!cameras.empty());
  root_ = page_of(cameras.front(), "", "");
  for (const std::string& name : cameras) {
    cameras_.push_back(page_of(name, fmt::format("{}/", name), "../"));
  }
  // The names are in the markup only, so one policy fits the pages of all cameras.
  camera_policy_ = content_policy(root_);
}

}  // namespace fanlight
