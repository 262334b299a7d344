// SPDX-License-Identifier: Apache-2.0
// Failure: why a camera gives no pictures, in words for its viewers.
#pragma once

#include <string>
#include <system_error>

namespace fanlight {

// A few words for a slate: "unplugged", "in use by another program". Only the kind of error: the
// device names and addresses in its text are not for viewers.
std::string failure_in_words(const std::error_code& error);

}  // namespace fanlight
