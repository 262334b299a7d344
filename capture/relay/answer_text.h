// SPDX-License-Identifier: Apache-2.0
// Answer text: what a server says that was asked for pictures and sends a page.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// The beginning of `body` as one line for the log: printable ASCII, anything else as '?', at most
// 80 characters. Of HTML only what is between the tags, without scripts and styles. Empty when the
// body is no text.
std::string answer_text(std::string_view body);

}  // namespace fanlight
