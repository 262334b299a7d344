// SPDX-License-Identifier: Apache-2.0
// Redact URL: the form of a source's URL that may be shown.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// In place of what is hidden behind the host.
inline constexpr std::string_view kRedacted = "/...";

// `spec` for logs, reports and error texts: of a URL only the scheme, the host and the port, as in
// `http://cam:8080/...`. Cameras take passwords before an @, in the query and in the path, so
// none of these is shown; a path of "/" stays. Text that is not a URL stays as it is. It hides too
// much rather than too little: everything before the last @ is taken for a user and a password,
// because a bare / or ? in a password does not make a valid URL, but is typed.
std::string redact_url(std::string_view spec);

// Whether `text`, which a server sent, repeats what redact_url() hides of `url`, as many pages
// about errors do: the path, or a value of the query except that of `action`, which names a stream.
bool repeats_url(std::string_view text, std::string_view url);

}  // namespace fanlight
