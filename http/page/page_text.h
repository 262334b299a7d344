// SPDX-License-Identifier: Apache-2.0
// PageText: the source files of the pages, embedded at build time under their names.
#pragma once

#include <string_view>

namespace fanlight {

extern const std::string_view kLayoutHtml;  // the frame of all pages
extern const std::string_view kLiveCss;     // the style of all pages
extern const std::string_view kLiveJs;      // for pages with pictures
extern const std::string_view kPlayerJs;    // likewise; shows frames and updates
extern const std::string_view kDisplayJs;   // likewise; has that done in a worker
extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kControlsHtml;
extern const std::string_view kControlsJs;
extern const std::string_view kPastHtml;
extern const std::string_view kPastJs;
extern const std::string_view kCamerasHtml;
extern const std::string_view kCamerasCss;
extern const std::string_view kCamerasJs;
extern const std::string_view kListCss;
extern const std::string_view kFaviconSvg;
extern const std::string_view kViewerJs;  // the module /viewer.js, which contains the player

}  // namespace fanlight
