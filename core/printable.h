// SPDX-License-Identifier: Apache-2.0
// Printable: makes text from elsewhere safe to show.
//
// Devices, upstreams, file names, databases and users supply texts that end up on terminals and in
// HTTP heads, JSON, WebSockets and pages. All of them pass through here on output: log lines in
// write_log(), JSON and HTML in TextWriter, a slate's reason in SlateReason.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fanlight {

// Takes the first character off `text`, which is not empty (RFC 3629 section 4; of an ill-formed
// sequence one byte is taken), and returns its printable form, well-formed UTF-8: the character
// itself; a space for a tab and for line ends; otherwise U+FFFD, the replacement character, for
// what is not a character (ill-formed sequences, surrogates, noncharacters: Unicode section 23.7)
// and for what acts on the text around it instead of being shown: C0 and C1 controls including
// escape, line and paragraph separators, directional formatting (UAX #9 section 2) and the byte
// order mark.
std::string_view take_printable(std::string_view& text) noexcept;

// Copies the printable form of `text`, as many whole characters as fit; returns the bytes written.
size_t copy_printable(std::string_view text, std::span<char> room) noexcept;

// The same as a string of at most `bytes_max` bytes.
std::string printable(std::string_view text, size_t bytes_max = std::string::npos);

// For HTTP heads, where only ASCII is safe (RFC 9110 section 5.5): in place, a space for a tab and
// for line ends, a question mark for each other byte that is not printable ASCII.
void make_ascii(std::span<char> text) noexcept;

}  // namespace fanlight
