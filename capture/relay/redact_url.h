// SPDX-License-Identifier: Apache-2.0
// Redact URL: what may be told of an address that has a password in it.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// `spec` for logs, pages and slates. In a URL the user and the password before the @, and every
// value of the query but that of `action` (which names a stream, and cameras take passwords in
// `pwd` and its like), become ***. Text that is no URL stays as it is. Rather too much is hidden
// than too little: a password with a bare / or ? in it, which is no valid URL, does not show
// either.
std::string redact_url(std::string_view spec);

}  // namespace fanlight
