// SPDX-License-Identifier: Apache-2.0
// Errors of V4L2 devices, for people: what, where, and what to try.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// What to try after this errno of a V4L2 device; empty when the errno's text is enough.
std::string_view v4l2_advice(int error) noexcept;

// Throws std::system_error: "v4l2:PATH: WHAT; ADVICE: strerror". EBUSY lists the programs that have
// the device open, as far as visible to this user.
[[noreturn]] void throw_v4l2_error(const std::string& path, int error, std::string_view what);

}  // namespace fanlight
