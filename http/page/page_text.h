// SPDX-License-Identifier: Apache-2.0
// PageText: what pages are made of, embedded at build time: each is the file of its name.
#pragma once

#include <string_view>

namespace fanlight {

extern const std::string_view kLayoutHtml;  // what all pages have around their own
extern const std::string_view kLiveCss;     // and what they all look like
extern const std::string_view kLiveJs;      // of the pages with pictures
extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kControlsHtml;
extern const std::string_view kControlsJs;
extern const std::string_view kCamerasHtml;
extern const std::string_view kCamerasCss;
extern const std::string_view kCamerasJs;
extern const std::string_view kListCss;
extern const std::string_view kFaviconSvg;

}  // namespace fanlight
