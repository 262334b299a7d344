// SPDX-License-Identifier: Apache-2.0
// Page: the page at `/`, embedded from page.html at build time.
#pragma once

#include <string_view>

namespace fanlight {

std::string_view page_html() noexcept;

}  // namespace fanlight
