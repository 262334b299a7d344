// SPDX-License-Identifier: Apache-2.0
// PageText: what page.cpp makes pages of, embedded at build time.
#pragma once

#include <string_view>

namespace fanlight {

extern const std::string_view kPageText;         // page.html
extern const std::string_view kCamerasPageText;  // cameras.html
extern const std::string_view kPageStyleText;    // page.css
extern const std::string_view kPageScriptText;   // page.js
extern const std::string_view kStyleText;        // live.css, in both
extern const std::string_view kScriptText;       // live.js, in both

}  // namespace fanlight
