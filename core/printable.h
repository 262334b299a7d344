// SPDX-License-Identifier: Apache-2.0
// Printable: what of a text that others wrote is shown.
//
// Devices, upstreams, file names, databases and users write texts that go to terminals, into heads
// of HTTP, JSON, WebSockets and pages. All of them pass through here on their way out: lines of the
// log in write_log(), JSON and HTML in TextWriter, a slate's reason in SlateReason.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fanlight {

// Takes the first character off `text`, which is not empty (RFC 3629 section 4; of an ill-formed
// sequence one byte is taken), and returns what is shown for it, well-formed UTF-8: the character
// itself; a blank for a tab and the ends of lines; else U+FFFD, the replacement character, for what
// is none (ill-formed sequences, surrogates, noncharacters: Unicode section 23.7) and for what acts
// on the text around it instead of being shown: controls of C0 and C1, escape among them, line and
// paragraph separators, directional formatting (UAX #9 section 2) and the byte order mark.
std::string_view take_printable(std::string_view& text) noexcept;

// `text` as it is shown, as far as whole characters fit into `room`; how many bytes were written.
size_t copy_printable(std::string_view text, std::span<char> room) noexcept;

// The same as a string of at most `bytes_max` bytes.
std::string printable(std::string_view text, size_t bytes_max = std::string::npos);

// For heads of HTTP, where only ASCII is safe (RFC 9110 section 5.5): in place, a blank for a tab
// and the ends of lines, a question mark for each other byte that is not printable ASCII.
void make_ascii(std::span<char> text) noexcept;

}  // namespace fanlight
