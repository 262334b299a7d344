// SPDX-License-Identifier: Apache-2.0
// Page: the pages at `/` and `/cameras`, embedded from page.html and cameras.html at build time.
#pragma once

#include <string_view>

namespace fanlight {

std::string_view page_html() noexcept;

// With a mark where the tiles of the cameras go (CamerasPage).
std::string_view cameras_html() noexcept;

}  // namespace fanlight
