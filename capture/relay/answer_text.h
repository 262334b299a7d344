// SPDX-License-Identifier: Apache-2.0
// Answer text: the text of a page that a server sent instead of pictures.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// The beginning of `body` as one line for the log: printable ASCII, anything else as '?', at most
// 80 characters. For HTML only the text between tags, without scripts and styles. Empty when the
// body is not text.
std::string answer_text(std::string_view body);

}  // namespace fanlight
