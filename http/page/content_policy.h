// SPDX-License-Identifier: Apache-2.0
// ContentPolicy: what our pages may do, for the field Content-Security-Policy.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace fanlight {

// A source expression for a text, 'sha256-...' with its quotes (CSP Level 3, section 2.3.1).
using SourceHash = std::array<char, 53>;
SourceHash source_hash(std::string_view text) noexcept;

// Allows the one <style> and the one <script> that `html` may have, by the hashes of their text
// (CSP Level 3, section 6.7.3.3), pictures and connections of this origin, and nothing else: no
// event handlers, no style attributes, and nothing from other origins, whatever a name on the page
// contains. It ends with the sources of styles, so that one more can be appended, after a space.
//
// A script may start workers with a text of its own (`worker-src blob:`), which inherit this policy
// (HTML Standard, section 10.2.4: a worker from a blob: URL has the policy of its creator). 'self'
// would allow more: every script of the origin, which is other people's behind a proxy that serves
// Fanlight below a path prefix, under the policy of its own response. And such a worker would need
// one more request, which may fail, or be answered by another version of the server.
//
// Framing of the page is not restricted: dashboards embed it, some of them in applications whose
// scheme no `frame-ancestors *` matches, and a stray click on a control can be undone by another.
// Throws std::bad_alloc.
std::string content_policy(std::string_view html);

}  // namespace fanlight
