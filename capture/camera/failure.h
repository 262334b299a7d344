// SPDX-License-Identifier: Apache-2.0
// Failure: why a camera gives no pictures, in words for those who watch.
#pragma once

#include <string>
#include <system_error>

namespace fanlight {

// A few words for a slate: "unplugged", "in use by another program". The kind of error only: the
// names of devices and the addresses in its text are not the viewers' to know.
std::string failure_in_words(const std::error_code& error);

}  // namespace fanlight
