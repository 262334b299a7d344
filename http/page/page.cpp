// SPDX-License-Identifier: Apache-2.0
#include "http/page/page.h"

#include <fmt/core.h>

#include "core/check.h"
#include "http/page/page_layout.h"
#include "http/page/page_text.h"

namespace fanlight {
namespace {

// The part of the layout that is in the opening.
constexpr std::string_view kFirstLines =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";

constexpr std::string_view kState =
    "<span id=\"state\" class=\"state scripted\" role=\"status\">Connecting</span>\n";

// `base`: relative path from the page to the camera's URLs; `root`: to the server's.
std::string page_of(std::string_view camera, std::string_view base, std::string_view root,
                    std::string_view version, PageExtras extras) {
  PageParts parts;
  parts.title = camera;
  parts.description = fmt::format("The live picture of the camera {}.", camera);
  parts.style = kPageCss;
  parts.state = kState;
  parts.main = kPageHtml;
  replace_all(parts.main, "%controls%\n", extras.controls ? kControlsHtml : "");
  replace_all(parts.main, "%past%\n", extras.past ? kPastHtml : "");
  replace_all(parts.main, "%camera%", camera);
  replace_all(parts.main, "%base%", base);
  parts.script = fmt::format("{}{}{}{}{}{}", kLiveJs, kPlayerJs, kDisplayJs, kPageJs,
                             extras.controls ? kControlsJs : "", extras.past ? kPastJs : "");
  parts.data =
      fmt::format(" data-camera=\"{}\" data-base=\"{}\" data-root=\"{}\"", camera, base, root);
  parts.root = root;
  parts.version = version;
  const std::string page = lay_out(parts);
  CHECK(page.starts_with(kFirstLines));
  return page.substr(kFirstLines.size());
}

std::string all_page(std::string_view version) {
  PageParts parts;
  parts.title = "Cameras";
  parts.description = "The live pictures of all cameras of this server.";
  parts.style = kCamerasCss;
  parts.state = kState;
  parts.main = kCamerasHtml;
  parts.script = fmt::format("{}{}{}{}", kLiveJs, kPlayerJs, kDisplayJs, kCamerasJs);
  parts.version = version;
  return lay_out(parts);
}

}  // namespace

Pages::Pages(const CameraNames& cameras, std::string_view version, PageExtras extras)
    : version_(version),
      extras_(extras),
      cameras_(cameras.size()),
      all_(all_page(version)),
      all_policy_(content_policy(all_)) {
  CHECK(cameras.size() > 0);
  for (const std::string& name : cameras.named()) add(name);
  // Only the markup contains the names, so one policy fits the pages of all cameras.
  camera_policy_ = content_policy(page_of("", "", "./", version, extras));
}

void Pages::add(std::string_view camera) {
  CHECK(added_ < cameras_.size());
  if (root_.empty()) root_ = page_of(camera, "", "./", version_, extras_);
  cameras_[added_] = page_of(camera, fmt::format("{}/", camera), "../", version_, extras_);
  ++added_;
}

PageOpening::PageOpening(uint64_t width, uint64_t height) noexcept {
  const bool is_known = width > 0 && height > 0;
  std::array<char, 64> style;
  const auto styled = fmt::format_to_n(style.data(), style.size(), ":root{{--w:{};--h:{}}}",
                                       is_known ? width : 16, is_known ? height : 9);
  CHECK(styled.size <= style.size());
  const std::string_view text(style.data(), styled.size);
  source_ = source_hash(text);
  const auto written =
      fmt::format_to_n(text_.data(), text_.size(), "{}<style>{}</style>\n", kFirstLines, text);
  CHECK(written.size <= text_.size());
  size_ = written.size;
}

}  // namespace fanlight
