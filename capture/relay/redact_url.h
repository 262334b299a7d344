// SPDX-License-Identifier: Apache-2.0
// Redact URL: the form of a URL with a password that may be shown.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// `spec` for logs, pages and slates. In a URL the user and the password before the @, and every
// value of the query except that of `action` (which names a stream; cameras take passwords in `pwd`
// and similar), become ***. Text that is not a URL stays as it is. It hides too much rather than
// too little: a password with a bare / or ? in it, which is not a valid URL, is hidden as well.
std::string redact_url(std::string_view spec);

}  // namespace fanlight
