// SPDX-License-Identifier: Apache-2.0
// CHECK: a broken invariant stops the process at its cause, in every build.
//
// A server that continues after a violated invariant sends torn frames or frees memory that the
// kernel still writes to; a crash with a file and a line is the better outcome. Failures of the
// environment are not bugs: they are thrown (at open time) or returned (at run time).
#pragma once

namespace fanlight {

// Prints the expression and its location on standard error and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace fanlight

#define CHECK(condition)                                                                        \
  (__builtin_expect(!(condition), 0) ? ::fanlight::check_failed(#condition, __FILE__, __LINE__) \
                                     : static_cast<void>(0))
